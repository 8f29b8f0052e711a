// PSNR, SSIM and MS-SSIM by the conventions of scikit-image and torchmetrics.
#include "sfv/evaluation/image_similarity.h"

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "sfv/core/check.h"

namespace sfv::evaluation {
namespace {

constexpr int64_t kWindow = 11;
constexpr double kSigma = 1.5;
constexpr double kC1 = 0.01 * 0.01;  // (K1 range)^2 with a range of 1
constexpr double kC2 = 0.03 * 0.03;
constexpr std::array<double, 5> kScaleWeights = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

void check_pair(const torch::Tensor& a, const torch::Tensor& b) {
  SFV_CHECK(a.dim() == 3 && a.size(0) == 3 && a.sizes() == b.sizes() && a.numel() > 0, kInvalidArgument,
            "[pairs] expected two pictures [3, H, W] of one size, got ", a.sizes(), " and ", b.sizes());
}

// [3, H, W] in -1..1 as [3, 1, H, W] in 0..1, double: each channel by itself.
torch::Tensor as_planes(const torch::Tensor& x) {
  return ((x.to(at::kCPU, at::kDouble) + 1) / 2).unsqueeze(1);
}

bool is_shorter(const torch::Tensor& x, int64_t side) {
  return x.size(1) < side || x.size(2) < side;
}

// The Gaussian mean around every place where the window fits.
torch::Tensor blur(const torch::Tensor& x) {
  std::vector<double> taps;
  double sum = 0;
  for (int64_t i = 0; i < kWindow; ++i) {
    const auto d = static_cast<double>(i - kWindow / 2);
    taps.push_back(std::exp(-d * d / (2 * kSigma * kSigma)));
    sum += taps.back();
  }
  const torch::Tensor kernel = at::tensor(taps, at::kDouble) / sum;
  return at::conv2d(at::conv2d(x, kernel.view({1, 1, kWindow, 1})), kernel.view({1, 1, 1, kWindow}));
}

torch::Tensor mirror_borders(const torch::Tensor& x) {
  constexpr int64_t kPad = kWindow / 2;
  return at::reflection_pad2d(x, {kPad, kPad, kPad, kPad});
}

// SSIM at every place, and its factor without the means.
struct Similarity {
  torch::Tensor whole;
  torch::Tensor contrast;
};

Similarity similarity(const torch::Tensor& x, const torch::Tensor& y) {
  const torch::Tensor mean_x = blur(x), mean_y = blur(y);
  const torch::Tensor variances = blur(x * x) - mean_x * mean_x + blur(y * y) - mean_y * mean_y;
  const torch::Tensor covariance = blur(x * y) - mean_x * mean_y;
  const torch::Tensor contrast = (2 * covariance + kC2) / (variances + kC2);
  return {contrast * (2 * mean_x * mean_y + kC1) / (mean_x * mean_x + mean_y * mean_y + kC1), contrast};
}

double mean_of(const torch::Tensor& x) {
  return x.mean().item<double>();
}

}  // namespace

double psnr(const torch::Tensor& a, const torch::Tensor& b) {
  check_pair(a, b);
  const double error = (as_planes(a) - as_planes(b)).square().mean().item<double>();
  return error > 0 ? -10 * std::log10(error) : std::numeric_limits<double>::infinity();
}

std::optional<double> ssim(const torch::Tensor& a, const torch::Tensor& b) {
  check_pair(a, b);
  if (is_shorter(a, kWindow)) return std::nullopt;
  return mean_of(similarity(as_planes(a), as_planes(b)).whole);
}

std::optional<double> ms_ssim(const torch::Tensor& a, const torch::Tensor& b) {
  check_pair(a, b);
  if (is_shorter(a, kMsSsimSide)) return std::nullopt;
  torch::Tensor x = as_planes(a), y = as_planes(b);
  double product = 1;
  for (size_t scale = 0; scale < kScaleWeights.size(); ++scale) {
    if (scale > 0) {
      x = at::avg_pool2d(x, {2, 2});
      y = at::avg_pool2d(y, {2, 2});
    }
    // torchmetrics takes the contrast where the window fits, but the last scale's whole also at the mirrored
    // borders.
    const bool is_last = scale + 1 == kScaleWeights.size();
    const double factor = is_last ? mean_of(similarity(mirror_borders(x), mirror_borders(y)).whole)
                                  : mean_of(similarity(x, y).contrast);
    product *= std::pow(std::max(factor, 0.0), kScaleWeights[scale]);
  }
  return product;
}

}  // namespace sfv::evaluation
