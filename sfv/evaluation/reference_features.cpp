// Weight-free video features: random orthogonal 3-D convolutions of a fixed seed.
#include "sfv/evaluation/reference_features.h"

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/data/counter_random.h"
#include "sfv/io/hash.h"
#include "sfv/tensor/finite.h"

namespace sfv::evaluation {
namespace {

constexpr int64_t kTaps = 27;  // of a 3x3x3 kernel
constexpr std::array<int64_t, 4> kChannels = {3, 16, 32, 32};
constexpr int64_t kSide = 64;            // pixels that the shorter side keeps at least
constexpr double kDifferenceGain = 2.5;  // brings frame differences to the size of a clip's contrast
constexpr double kGrid = 1 << 20;        // kernels are whole multiples of 1 / kGrid, exact in float32
constexpr int64_t kClipsAtOnce = 16;     // bounds memory
const double kGain = std::sqrt(2.0);     // keeps the variance through a ReLU (He et al. 2015)

// About normal with variance 1: twelve uniform numbers less their mean.
double draw(data::CounterRandom& random) {
  constexpr int64_t kLevels = 1 << 16;
  int64_t sum = 0;
  for (int i = 0; i < 12; ++i) sum += random.below(kLevels);
  return (static_cast<double>(sum) - 6.0 * (kLevels - 1)) / kLevels;
}

// rows orthonormal vectors of `columns` numbers, rows <= columns.
std::vector<std::vector<double>> orthonormal_rows(int64_t rows, int64_t columns, uint64_t layer) {
  data::CounterRandom random(ReferenceFeatures::kSeed, layer);
  std::vector<std::vector<double>> result;
  for (int64_t r = 0; r < rows; ++r) {
    std::vector<double> row;
    for (int64_t c = 0; c < columns; ++c) row.push_back(draw(random));
    for (int pass = 0; pass < 2; ++pass) {  // once is not exact enough
      for (const std::vector<double>& other : result) {
        double dot = 0;
        for (size_t c = 0; c < row.size(); ++c) dot += row[c] * other[c];
        for (size_t c = 0; c < row.size(); ++c) row[c] -= dot * other[c];
      }
    }
    double square = 0;
    for (const double x : row) square += x * x;
    for (double& x : row) x /= std::sqrt(square);
    result.push_back(std::move(row));
  }
  return result;
}

torch::Tensor make_kernel(size_t layer) {
  const int64_t out = kChannels[layer + 1], in = kChannels[layer];
  torch::Tensor kernel = at::empty({out, in, 3, 3, 3}, at::kFloat);
  auto* value = kernel.mutable_data_ptr<float>();
  for (const std::vector<double>& row : orthonormal_rows(out, in * kTaps, layer)) {
    for (const double x : row) *value++ = static_cast<float>(std::round(x * kGain * kGrid) / kGrid);
  }
  return kernel;
}

torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& kernel, int64_t time_stride) {
  return at::conv3d(x, kernel, std::nullopt, at::IntArrayRef({time_stride, 2, 2}),
                    at::IntArrayRef({1, 1, 1}));
}

}  // namespace

ReferenceFeatures::ReferenceFeatures() {
  io::Sha256 hash;
  for (size_t layer = 0; layer < kernels_.size(); ++layer) {
    kernels_[layer] = make_kernel(layer);
    hash.update({static_cast<const std::byte*>(kernels_[layer].const_data_ptr()), kernels_[layer].nbytes()});
  }
  identity_ = {"reference", hash.finish(),
               "means of convolutions 2 and 3 over clip and frame differences, 128 numbers",
               "mean over p x p pixels, p = max(1, floor(shorter side / 64))"};
}

// x: [N, 3, T, h, w]. Returns [N, 64].
torch::Tensor ReferenceFeatures::summarize(const torch::Tensor& x) const {
  const torch::Tensor first = convolve(x, kernels_[0], 1).relu_();
  const torch::Tensor second = convolve(first, kernels_[1], 2).relu_();
  const torch::Tensor third = convolve(second, kernels_[2], 2).abs_();
  return at::cat({second.mean({2, 3, 4}), third.mean({2, 3, 4})}, 1);
}

torch::Tensor ReferenceFeatures::compute(const torch::Tensor& clips) {
  SFV_CHECK(clips.dim() == 5 && clips.size(2) == 3 && clips.scalar_type() == at::kFloat && clips.numel() > 0,
            kInvalidArgument, "[features] reference: expected float32 clips [N, T, 3, H, W], got ",
            clips.scalar_type(), " ", clips.sizes());
  check_frames(*this, clips.size(1));
  const torch::NoGradGuard no_grad;
  const int64_t N = clips.size(0), T = clips.size(1), H = clips.size(3), W = clips.size(4);
  const int64_t pool = std::max<int64_t>(std::min(H, W) / kSide, 1);
  std::vector<torch::Tensor> parts;
  for (int64_t begin = 0; begin < N; begin += kClipsAtOnce) {
    torch::Tensor frames = clips.narrow(0, begin, std::min(kClipsAtOnce, N - begin)).flatten(0, 1);
    if (pool > 1) frames = at::avg_pool2d(frames, {pool, pool});
    const torch::Tensor x = frames.unflatten(0, {-1, T}).transpose(1, 2).contiguous();  // [n, 3, T, h, w]
    const torch::Tensor difference = (x.narrow(2, 1, T - 1) - x.narrow(2, 0, T - 1)) * kDifferenceGain;
    parts.push_back(at::cat({summarize(x), summarize(difference)}, 1).to(at::kDouble));
  }
  torch::Tensor features = parts.size() == 1 ? parts[0] : at::cat(parts);
  check_finite(features, "reference features");
  return features;
}

}  // namespace sfv::evaluation
