#pragma once

#include <torch/types.h>

#include <array>

#include "sfv/evaluation/video_features.h"

namespace sfv::evaluation {

/// Features that need no weights from anyone: three fixed random 3-D convolutions, seen once on the clip and
/// once on its frame differences (times 2.5), so that half of the numbers know nothing but motion.
///   input    the mean over p x p pixels, p = max(1, floor(shorter side / 64)); -1..1
///   conv 1   3 -> 16, kernel 3x3x3, stride 1,2,2, padding 1, ReLU
///   conv 2   16 -> 32, stride 2,2,2, padding 1, ReLU;   its mean over time and place: 32 numbers
///   conv 3   32 -> 32, stride 2,2,2, padding 1;         the mean of its absolute value: 32 numbers
/// 128 numbers in all: clip conv 2, conv 3, then differences conv 2, conv 3. Each kernel's rows are
/// orthonormal times sqrt 2: Gram and Schmidt's method on sums of twelve uniform numbers from
/// data::CounterRandom(kSeed, layer), rounded to 2^-20, hence the same on every machine. A distance in these
/// features tells blur, missing motion and wrong content apart from the real thing; it is not FVD and must
/// never stand beside one as if it were. Source: random-feature Fréchet distances as a training-free check,
/// docs/evaluation.md.
class ReferenceFeatures : public VideoFeatures {
 public:
  static constexpr uint64_t kSeed = 0x5346'5631;  // "SFV1"

  ReferenceFeatures();

  [[nodiscard]] const FeatureIdentity& identity() const override { return identity_; }
  [[nodiscard]] int64_t min_frames() const override { return 2; }
  [[nodiscard]] torch::Tensor compute(const torch::Tensor& clips) override;  // [N, T, 3, H, W]

  /// The kernels, [out, in, 3, 3, 3] float32.
  [[nodiscard]] const std::array<torch::Tensor, 3>& kernels() const { return kernels_; }

 private:
  [[nodiscard]] torch::Tensor summarize(const torch::Tensor& x) const;

  std::array<torch::Tensor, 3> kernels_;
  FeatureIdentity identity_;
};

}  // namespace sfv::evaluation
