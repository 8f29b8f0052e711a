// Snow and the like, measured without knowing the scene: how much there is, how bright it is, whether it
// keeps together from frame to frame, and where it moves. Source: the evaluation of the SF-V pilot on snow
// over photos.
#include "sfv/evaluation/overlay_motion.h"

#include <ATen/ops/fft_irfft2.h>
#include <ATen/ops/fft_rfft2.h>
#include <ATen/ops/quantile.h>

#include <algorithm>
#include <cmath>

#include "sfv/core/check.h"

namespace sfv::evaluation {
namespace {

// Of a mean squared difference in shares of white.
double psnr(double mean_square) {
  return mean_square <= 0 ? kEqualPsnr : std::min(-10 * std::log10(mean_square), kEqualPsnr);
}

struct Shift {
  double correlation = 0;
  int64_t down = 0;
  int64_t right = 0;
};

// Where b is the best match of a moved by it, a and b: [H, W].
Shift best_shift(const torch::Tensor& a, const torch::Tensor& b, int64_t farthest) {
  const torch::Tensor from = a - a.mean(), to = b - b.mean();
  const double size = from.norm().item<double>() * to.norm().item<double>();
  if (!(size > 0)) return {};
  const int64_t H = a.size(0), W = a.size(1);
  const torch::Tensor correlation =
      at::fft_irfft2(at::fft_rfft2(to) * at::fft_rfft2(from).conj(), at::IntArrayRef({H, W})).contiguous();
  const auto values = correlation.accessor<float, 2>();
  Shift best{-1, 0, 0};
  for (int64_t y = -farthest; y <= farthest; ++y) {
    for (int64_t x = -farthest; x <= farthest; ++x) {
      const double value = values[(y + H) % H][(x + W) % W] / size;
      if (value > best.correlation) best = {value, y, x};
    }
  }
  return best;
}

}  // namespace

OverlayMotion measure_overlay(const torch::Tensor& clip, const torch::Tensor& picture) {
  SFV_CHECK(clip.dim() == 4 && clip.size(1) == 3 && clip.size(0) >= kWholeFrame + 2, kInvalidArgument,
            "[measure_overlay] expected a clip [T, 3, H, W] of at least ", kWholeFrame + 2, " frames, got ",
            clip.sizes());
  SFV_CHECK(picture.sizes() == clip.sizes().slice(1), kInvalidArgument,
            "[measure_overlay] expected a picture ", clip.sizes().slice(1), ", got ", picture.sizes());
  const int64_t T = clip.size(0);
  const torch::Tensor difference = (clip.to(at::kFloat) - picture.to(at::kFloat)) * 0.5;  // shares of white
  const torch::Tensor d = difference.mean(1);                                             // [T, H, W]
  const torch::Tensor whole = d.narrow(0, kWholeFrame, T - kWholeFrame);
  OverlayMotion motion;
  motion.covered = (whole > kCovered).to(at::kDouble).mean().item<double>();
  // Of each frame apart: quantile() takes no more than 2^24 values.
  motion.contrast = at::quantile(whole.flatten(1), 0.99, 1).mean().item<double>();

  const int64_t farthest = std::max<int64_t>(
      2, std::llround(kFarthestShift * static_cast<double>(std::min(d.size(1), d.size(2)))));
  const int64_t pairs = T - kWholeFrame - 1;
  for (int64_t i = 0; i < pairs; ++i) {
    const Shift shift = best_shift(whole[i], whole[i + 1], farthest);
    motion.coherence += shift.correlation / static_cast<double>(pairs);
    motion.fall += static_cast<double>(shift.down) / static_cast<double>(pairs);
    motion.drift += static_cast<double>(shift.right) / static_cast<double>(pairs);
  }

  motion.first_psnr = psnr(difference[0].square().mean().item<double>());
  const torch::Tensor free = (d <= kCovered).all(0);  // [H, W]
  const double count = free.to(at::kDouble).sum().item<double>();
  motion.background_share = count / static_cast<double>(free.numel());
  const double error = (difference[T - 1].square().mean(0) * free).to(at::kDouble).sum().item<double>();
  motion.background_psnr = count > 0 ? psnr(error / count) : 0;
  return motion;
}

}  // namespace sfv::evaluation
