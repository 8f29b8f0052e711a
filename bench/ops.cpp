// bench_ops [THREADS] [ROUNDS] [WORD]: each of sfv's operators beside libtorch's own at SVD's sizes, a line
// of a table each. Both sides in turns, the median of the rounds; channels-last on both sides.

#include <ATen/Parallel.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/linear.h>
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
constexpr int64_t kFrames = 14, kGroups = 32;

struct Case {
  std::string name;
  double operations = 0;  // 2 x multiply-adds; 0: a pass over memory
  std::function<Tensor()> theirs, ours;
};

double seconds_of(const std::function<Tensor()>& run) {
  const auto start = std::chrono::steady_clock::now();
  (void)run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// libtorch takes float32 numbers as they are; bfloat16 ones are compared with bfloat16 ones.
class Maker {
 public:
  explicit Maker(at::ScalarType dtype) : dtype_(dtype) {}
  Tensor operator()(at::IntArrayRef sizes, double scale = 1) const {
    return (at::randn(sizes) * scale).to(dtype_);
  }
  Tensor picture(at::IntArrayRef sizes, double scale = 1) const {
    return sfv::as_channels_last((*this)(sizes, scale));
  }

 private:
  at::ScalarType dtype_;
};

std::string sized(const char* what, int64_t channels, int64_t outputs, int64_t height, int64_t width) {
  return std::string(what) + " " + std::to_string(channels) + " to " + std::to_string(outputs) + ", " +
         std::to_string(height) + "x" + std::to_string(width);
}

Case convolution(const Maker& make, int64_t C, int64_t O, int64_t H, int64_t W) {
  const Tensor x = make.picture({kFrames, C, H, W}), weight = make.picture({O, C, 3, 3}, 0.02),
               bias = make({O});
  return {sized("conv2d 3x3,", C, O, H, W), 2.0 * 9 * C * O * kFrames * H * W,
          [=] { return at::conv2d(x, weight, bias, 1, 1); },
          [=] { return sfv::ops::conv2d(x, weight, bias, 1, 1); }};
}

Case temporal(const Maker& make, int64_t C, int64_t H, int64_t W) {
  const Tensor x = make.picture({kFrames, C, H, W}), weight = make({C, C, 3, 1, 1}, 0.02), bias = make({C});
  const Tensor video = x.unsqueeze(0).permute({0, 2, 1, 3, 4}).contiguous();
  return {sized("temporal conv (3,1,1),", C, C, H, W), 2.0 * 3 * C * C * kFrames * H * W,
          [=] {
            return at::conv3d(video, weight, bias, 1, {1, 0, 0});
          },
          [=] { return sfv::ops::temporal_conv(x, kFrames, weight, bias); }};
}

Case norm(const Maker& make, int64_t C, int64_t H, int64_t W) {
  const Tensor x = make.picture({kFrames, C, H, W}), weight = make({C}), bias = make({C});
  return {sized("group norm + SiLU,", C, C, H, W), 0,
          [=] { return at::silu(at::group_norm(x, kGroups, weight, bias, kEps)); },
          [=] { return sfv::ops::group_norm(x, kGroups, weight, bias, kEps, sfv::ops::Activation::kSilu); }};
}

Case gate(const Maker& make, int64_t C, int64_t tokens) {
  const Tensor p = make({kFrames, tokens, 2 * C});
  return {"GEGLU, " + std::to_string(C) + ", " + std::to_string(tokens) + " tokens", 0,
          [=] { return p.narrow(-1, 0, C) * at::gelu(p.narrow(-1, C, C)); },
          [=] { return sfv::ops::geglu(p); }};
}

Case product(const Maker& make, int64_t C, int64_t O, int64_t tokens) {
  const Tensor x = make({kFrames, tokens, C}), weight = make({O, C}, 0.02), bias = make({O});
  return {
      "linear, " + std::to_string(C) + " to " + std::to_string(O) + ", " + std::to_string(tokens) + " tokens",
      2.0 * C * O * kFrames * tokens, [=] { return at::linear(x, weight, bias); },
      [=] { return sfv::ops::linear(x, weight, bias); }};
}

Case gated_product(const Maker& make, int64_t C, int64_t O, int64_t tokens) {
  const Tensor x = make({kFrames, tokens, C}), weight = make({2 * O, C}, 0.02), bias = make({2 * O});
  return {"linear and GEGLU, " + std::to_string(C) + " to " + std::to_string(O) + ", " +
              std::to_string(tokens) + " tokens",
          4.0 * C * O * kFrames * tokens,
          [=] {
            const Tensor p = at::linear(x, weight, bias);
            return p.narrow(-1, 0, O) * at::gelu(p.narrow(-1, O, O));
          },
          [=] { return sfv::ops::linear_geglu(x, weight, bias); }};
}

Case attention(const Maker& make, int64_t heads, int64_t tokens) {
  const int64_t C = 64 * heads;
  const Tensor q = make({kFrames, tokens, C}), k = make({kFrames, tokens, C}), v = make({kFrames, tokens, C});
  const auto split = [=](const Tensor& x) { return x.view({kFrames, tokens, heads, 64}).transpose(1, 2); };
  return {"attention, " + std::to_string(heads) + " heads, " + std::to_string(tokens) + " tokens",
          4.0 * C * kFrames * tokens * tokens,
          [=] { return at::scaled_dot_product_attention(split(q), split(k), split(v)); },
          [=] { return sfv::ops::attention(q, k, v, heads); }};
}

Case temporal_attention(const Maker& make, int64_t heads, int64_t pixels) {
  const int64_t C = 64 * heads;
  const Tensor q = make({1, kFrames, pixels, C}), k = make({1, kFrames, pixels, C}),
               v = make({1, kFrames, pixels, C});
  const auto split = [=](const Tensor& x) {
    return x[0].view({kFrames, pixels, heads, 64}).permute({1, 2, 0, 3}).contiguous();
  };
  return {"temporal attention, " + std::to_string(heads) + " heads, " + std::to_string(pixels) + " pixels",
          4.0 * C * kFrames * kFrames * pixels,
          [=] { return at::scaled_dot_product_attention(split(q), split(k), split(v)); },
          [=] { return sfv::ops::temporal_attention(q, k, v, heads); }};
}

// 14 frames at 576x320: the UNet's levels are 72x40, 36x20, 18x10; the decoder goes up to 576x320.
std::vector<Case> cases(at::ScalarType dtype) {
  const Maker make(dtype);
  return {convolution(make, 320, 320, 40, 72),
          convolution(make, 640, 640, 20, 36),
          convolution(make, 1280, 1280, 10, 18),
          convolution(make, 512, 512, 80, 144),
          convolution(make, 256, 256, 160, 288),
          convolution(make, 128, 128, 320, 576),
          temporal(make, 320, 40, 72),
          temporal(make, 128, 160, 288),
          norm(make, 320, 40, 72),
          norm(make, 128, 160, 288),
          gate(make, 1280, 2880),
          product(make, 320, 320, 2880),
          product(make, 1280, 320, 2880),
          product(make, 640, 640, 720),
          product(make, 1280, 1280, 180),
          product(make, 5120, 1280, 180),
          gated_product(make, 320, 1280, 2880),
          gated_product(make, 640, 2560, 720),
          gated_product(make, 1280, 5120, 180),
          attention(make, 5, 2880),
          temporal_attention(make, 5, 2880)};
}

}  // namespace

int main(int argc, char** argv) {
  sfv::keep_freed_memory();  // as bin/sfv does; for both sides
  const torch::NoGradGuard no_grad;
  if (argc > 1) at::set_num_threads(std::atoi(argv[1]));
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const std::string word = argc > 3 ? argv[3] : "";
  const sfv::CpuFeatures cpu = sfv::cpu_features();
  std::printf("%s (%s), %d threads, %d frames, medians of %d\n\n", cpu.name.c_str(),
              sfv::to_string(cpu).c_str(), at::get_num_threads(), static_cast<int>(kFrames), rounds);
  std::printf(
      "| operator | dtype | libtorch, ms | sfv, ms | times | sfv, GFLOP/s |\n|---|---|---|---|---|---|\n");
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    for (const Case& c : cases(dtype)) {
      if (c.name.find(word) == std::string::npos) continue;
      std::vector<double> theirs, ours;
      (void)c.theirs(), (void)c.ours();  // the first call makes plans and takes memory
      for (int i = 0; i < rounds; ++i) {
        theirs.push_back(seconds_of(c.theirs));
        ours.push_back(seconds_of(c.ours));
      }
      const double a = median(theirs), b = median(ours);
      std::printf("| %s | %s | %.1f | %.1f | %.2f | %s |\n", c.name.c_str(),
                  dtype == at::kFloat ? "fp32" : "bf16", a * 1e3, b * 1e3, a / b,
                  c.operations > 0 ? std::to_string(std::lround(c.operations / b / 1e9)).c_str() : "–");
      std::fflush(stdout);
    }
  }
  return 0;
}
