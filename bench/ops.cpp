// bench_ops [THREADS] [ROUNDS] [FRAMES] [WORD]: each of sfv's operators beside libtorch's own at SVD's sizes,
// a line of a table each. Both sides in turns, the median of the rounds; channels-last on both sides. The
// limit is what libtorch reaches here: with a product of two matrices where operators multiply, with a copy
// where they pass over memory.

#include <ATen/Parallel.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "sfv/core/cpu_features.h"
#include "sfv/ops/attention.h"
#include "sfv/ops/conv.h"
#include "sfv/ops/group_norm.h"
#include "sfv/ops/linear.h"
#include "sfv/tensor/allocator.h"
#include "sfv/tensor/layout.h"

namespace {

using torch::Tensor;

constexpr double kEps = 1e-6;
constexpr int64_t kGroups = 32;

struct Case {
  std::string name;
  double operations = 0;  // 2 x multiply-adds; 0: a pass over memory
  double numbers = 0;     // that a pass reads and writes
  std::function<Tensor()> theirs, ours;
};

double seconds_of(const std::function<Tensor()>& run) {
  const auto start = std::chrono::steady_clock::now();
  (void)run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Operations, and bytes read and written, in a second.
struct Limits {
  double operations, bytes;
};

Limits limits_of(at::ScalarType dtype) {
  constexpr int64_t kSide = 2048, kBytes = int64_t{128} << 20;
  constexpr int kTimes = 5;
  const Tensor a = at::ones({kSide, kSide}, dtype), from = at::ones({kBytes}, at::kByte),
               to = at::empty_like(from);
  double product = 1e9, copy = 1e9;
  for (int i = 0; i < kTimes; ++i) {
    product = std::min(product, seconds_of([&] { return at::mm(a, a); }));
    copy = std::min(copy, seconds_of([&] { return to.copy_(from); }));
  }
  return {.operations = 2.0 * kSide * kSide * kSide / product, .bytes = 2.0 * kBytes / copy};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// libtorch takes float32 numbers as they are; bfloat16 ones are compared with bfloat16 ones.
class Maker {
 public:
  Maker(at::ScalarType dtype, int64_t frames) : dtype_(dtype), frames_(frames) {}
  [[nodiscard]] int64_t frames() const { return frames_; }
  Tensor operator()(at::IntArrayRef sizes, double scale = 1) const {
    return (at::randn(sizes) * scale).to(dtype_);
  }
  Tensor picture(at::IntArrayRef sizes, double scale = 1) const {
    return sfv::as_channels_last((*this)(sizes, scale));
  }

 private:
  at::ScalarType dtype_;
  int64_t frames_;
};

std::string sized(const char* what, int64_t channels, int64_t outputs, int64_t height, int64_t width) {
  return std::string(what) + " " + std::to_string(channels) + " to " + std::to_string(outputs) + ", " +
         std::to_string(height) + "x" + std::to_string(width);
}

Case convolution(const Maker& make, int64_t C, int64_t O, int64_t H, int64_t W) {
  const int64_t frames = make.frames();
  const Tensor x = make.picture({frames, C, H, W}), weight = make.picture({O, C, 3, 3}, 0.02),
               bias = make({O});
  return {sized("conv2d 3x3,", C, O, H, W), 2.0 * 9 * C * O * frames * H * W, 0,
          [=] { return at::conv2d(x, weight, bias, 1, 1); },
          [=] { return sfv::ops::conv2d(x, weight, bias, 1, 1); }};
}

Case temporal(const Maker& make, int64_t C, int64_t H, int64_t W) {
  const int64_t frames = make.frames();
  const Tensor x = make.picture({frames, C, H, W}), weight = make({C, C, 3, 1, 1}, 0.02), bias = make({C});
  const Tensor video = x.unsqueeze(0).permute({0, 2, 1, 3, 4}).contiguous();
  return {sized("temporal conv (3,1,1),", C, C, H, W), 2.0 * 3 * C * C * frames * H * W, 0,
          [=] {
            return at::conv3d(video, weight, bias, 1, {1, 0, 0});
          },
          [=] { return sfv::ops::temporal_conv(x, frames, weight, bias); }};
}

Case norm(const Maker& make, int64_t C, int64_t H, int64_t W) {
  const int64_t frames = make.frames();
  const Tensor x = make.picture({frames, C, H, W}), weight = make({C}), bias = make({C});
  return {sized("group norm + SiLU,", C, C, H, W), 0, 2.0 * static_cast<double>(x.numel()),
          [=] { return at::silu(at::group_norm(x, kGroups, weight, bias, kEps)); },
          [=] { return sfv::ops::group_norm(x, kGroups, weight, bias, kEps, sfv::ops::Activation::kSilu); }};
}

Case gate(const Maker& make, int64_t C, int64_t tokens) {
  const int64_t frames = make.frames();
  const Tensor p = make({frames, tokens, 2 * C});
  return {"GEGLU, " + std::to_string(C) + ", " + std::to_string(tokens) + " tokens", 0,
          1.5 * static_cast<double>(p.numel()),
          [=] { return p.narrow(-1, 0, C) * at::gelu(p.narrow(-1, C, C)); },
          [=] { return sfv::ops::geglu(p); }};
}

Case product(const Maker& make, int64_t C, int64_t O, int64_t tokens) {
  const int64_t frames = make.frames();
  const Tensor x = make({frames, tokens, C}), weight = make({O, C}, 0.02), bias = make({O});
  return {
      "linear, " + std::to_string(C) + " to " + std::to_string(O) + ", " + std::to_string(tokens) + " tokens",
      2.0 * C * O * frames * tokens, 0, [=] { return at::linear(x, weight, bias); },
      [=] { return sfv::ops::linear(x, weight, bias); }};
}

Case gated_product(const Maker& make, int64_t C, int64_t O, int64_t tokens) {
  const int64_t frames = make.frames();
  const Tensor x = make({frames, tokens, C}), weight = make({2 * O, C}, 0.02), bias = make({2 * O});
  return {"linear and GEGLU, " + std::to_string(C) + " to " + std::to_string(O) + ", " +
              std::to_string(tokens) + " tokens",
          4.0 * C * O * frames * tokens, 0,
          [=] {
            const Tensor p = at::linear(x, weight, bias);
            return p.narrow(-1, 0, O) * at::gelu(p.narrow(-1, O, O));
          },
          [=] { return sfv::ops::linear_geglu(x, weight, bias); }};
}

Case attention(const Maker& make, int64_t heads, int64_t tokens) {
  const int64_t frames = make.frames();
  const int64_t C = 64 * heads;
  const Tensor q = make({frames, tokens, C}), k = make({frames, tokens, C}), v = make({frames, tokens, C});
  const auto split = [=](const Tensor& x) { return x.view({frames, tokens, heads, 64}).transpose(1, 2); };
  return {"attention, " + std::to_string(heads) + " heads, " + std::to_string(tokens) + " tokens",
          4.0 * C * frames * tokens * tokens, 0,
          [=] { return at::scaled_dot_product_attention(split(q), split(k), split(v)); },
          [=] { return sfv::ops::attention(q, k, v, heads); }};
}

Case temporal_attention(const Maker& make, int64_t heads, int64_t pixels) {
  const int64_t frames = make.frames();
  const int64_t C = 64 * heads;
  const Tensor q = make({1, frames, pixels, C}), k = make({1, frames, pixels, C}),
               v = make({1, frames, pixels, C});
  const auto split = [=](const Tensor& x) {
    return x[0].view({frames, pixels, heads, 64}).permute({1, 2, 0, 3}).contiguous();
  };
  return {"temporal attention, " + std::to_string(heads) + " heads, " + std::to_string(pixels) + " pixels", 0,
          4.0 * static_cast<double>(q.numel()),
          [=] { return at::scaled_dot_product_attention(split(q), split(k), split(v)); },
          [=] { return sfv::ops::temporal_attention(q, k, v, heads); }};
}

// At 576x320: the UNet's levels are 72x40, 36x20, 18x10; the decoder goes up to 576x320.
std::vector<std::function<Case()>> cases(const Maker& make) {
  return {[=] { return convolution(make, 320, 320, 40, 72); },
          [=] { return convolution(make, 640, 640, 20, 36); },
          [=] { return convolution(make, 1280, 1280, 10, 18); },
          [=] { return convolution(make, 512, 512, 80, 144); },
          [=] { return convolution(make, 256, 256, 160, 288); },
          [=] { return convolution(make, 128, 128, 320, 576); },
          [=] { return temporal(make, 320, 40, 72); },
          [=] { return temporal(make, 128, 160, 288); },
          [=] { return norm(make, 320, 40, 72); },
          [=] { return norm(make, 128, 160, 288); },
          [=] { return gate(make, 1280, 2880); },
          [=] { return product(make, 320, 320, 2880); },
          [=] { return product(make, 1280, 320, 2880); },
          [=] { return product(make, 640, 640, 720); },
          [=] { return product(make, 1280, 1280, 180); },
          [=] { return product(make, 5120, 1280, 180); },
          [=] { return gated_product(make, 320, 1280, 2880); },
          [=] { return gated_product(make, 640, 2560, 720); },
          [=] { return gated_product(make, 1280, 5120, 180); },
          [=] { return attention(make, 5, 2880); },
          [=] { return temporal_attention(make, 5, 2880); }};
}

// A line of the table.
void print(const Case& c, const char* dtype, const Limits& limits, double number_bytes, int rounds) {
  std::vector<double> theirs, ours;
  (void)c.theirs(), (void)c.ours();  // the first call makes plans and takes memory
  for (int i = 0; i < rounds; ++i) {
    theirs.push_back(seconds_of(c.theirs));
    ours.push_back(seconds_of(c.ours));
  }
  const double a = median(theirs), b = median(ours);
  const bool multiplies = c.operations > 0;
  const double rate = (multiplies ? c.operations : c.numbers * number_bytes) / b;
  std::printf("| %s | %s | %.1f | %.1f | %.2f | %.0f %s | %.0f%% |\n", c.name.c_str(), dtype, a * 1e3,
              b * 1e3, a / b, rate / 1e9, multiplies ? "GFLOP/s" : "GB/s",
              100 * rate / (multiplies ? limits.operations : limits.bytes));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  sfv::keep_freed_memory();  // as bin/sfv does; for both sides
  const torch::NoGradGuard no_grad;
  if (argc > 1) at::set_num_threads(std::atoi(argv[1]));
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const int64_t frames = argc > 3 ? std::atoi(argv[3]) : 14;
  const std::string word = argc > 4 ? argv[4] : "";
  const sfv::CpuFeatures cpu = sfv::cpu_features();
  std::printf("%s (%s), %d threads, %d frames, medians of %d\n\n", cpu.name.c_str(),
              sfv::to_string(cpu).c_str(), at::get_num_threads(), static_cast<int>(frames), rounds);
  std::printf(
      "| operator | dtype | libtorch, ms | sfv, ms | times | sfv's rate | of the limit |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const Limits limits = limits_of(dtype);
    for (const auto& make_case : cases(Maker(dtype, frames))) {
      const Case c = make_case();
      if (c.name.find(word) != std::string::npos)
        print(c, dtype == at::kFloat ? "fp32" : "bf16", limits, static_cast<double>(at::elementSize(dtype)),
              rounds);
    }
  }
  return 0;
}
