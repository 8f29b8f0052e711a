#include "sfv/training/drift_score.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/fft_irfft2.h>
#include <ATen/ops/fft_rfft2.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <vector>

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

constexpr int64_t kFirst = 2, kLag = 2;  // frames
constexpr int64_t kReach = 5;            // cells
static_assert(kLeastDriftFrames == kFirst + kLag + 1);
constexpr double kSharpness = 20;  // of the softmax over correlations

// Correlation of a and b [B, F, C, h, w] as a whole at each shift up to kReach cells down and to the right:
// [B, 2 reach + 1, 2 reach + 1].
torch::Tensor correlations(const torch::Tensor& a, const torch::Tensor& b) {
  constexpr int64_t kSide = 2 * kReach + 1;
  const std::vector<int64_t> padded = {a.size(3) + kReach, a.size(4) + kReach};  // nothing comes round
  const torch::Tensor spectrum = (at::fft_rfft2(a, padded).conj() * at::fft_rfft2(b, padded)).sum({1, 2});
  const torch::Tensor products =
      at::fft_irfft2(spectrum, padded).roll({kReach, kReach}, {1, 2}).slice(1, 0, kSide).slice(2, 0, kSide);
  const auto energy = [](const torch::Tensor& x) { return x.square().sum({1, 2, 3, 4}); };
  return products / (energy(a) * energy(b) + 1e-9).sqrt().view({-1, 1, 1});
}

}  // namespace

torch::Tensor mean_drift(const torch::Tensor& clips) {
  const int64_t frames = clips.size(1);
  SFV_CHECK(frames >= kLeastDriftFrames, kInvalidArgument, "[drift] expected clips of at least ",
            kLeastDriftFrames, " frames, found ", frames);
  const torch::Tensor later = clips.slice(1, kFirst);
  const torch::Tensor moving = later - later.mean(1, true);  // what stays would hold the best shift at none
  const torch::Tensor shifts =
      correlations(moving.slice(1, 0, frames - kFirst - kLag), moving.slice(1, kLag));
  const torch::Tensor shares = (kSharpness * shifts).flatten(1).softmax(1).view_as(shifts);
  return shares.sum(1).matmul(at::arange(-kReach, kReach + 1, shares.options())) / static_cast<double>(kLag);
}

torch::Tensor drift_of_windows(const torch::Tensor& clips) {
  const auto parts = [](int64_t side) { return std::max<int64_t>(1, side / kDriftWindow); };
  std::vector<torch::Tensor> drifts;
  for (const torch::Tensor& rows : clips.chunk(parts(clips.size(3)), 3)) {
    for (const torch::Tensor& window : rows.chunk(parts(clips.size(4)), 4))
      drifts.push_back(mean_drift(window));
  }
  return at::stack(drifts, 1);
}

torch::Tensor fair_energy_score(const torch::Tensor& predicted, const torch::Tensor& true_value) {
  const auto count = static_cast<double>(predicted.size(1));
  SFV_CHECK(count >= 2, kInternal, "[energy score] expected two predictions or more, found ", count);
  const auto length = [](const torch::Tensor& x) { return x.norm(2, -1); };  // its gradient at 0 is 0
  const torch::Tensor between = length(predicted.unsqueeze(1) - predicted.unsqueeze(2)).sum({1, 2});
  return length(predicted - true_value.unsqueeze(1)).mean(1) - between / (2 * count * (count - 1));
}

}  // namespace sfv::training
