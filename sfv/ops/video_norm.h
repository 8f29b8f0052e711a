#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "sfv/ops/group_norm.h"

namespace sfv::ops {

/// temporal_group_norm() (group_norm.h) for a video that is never there at once: the statistics of each group
/// over all its frames are gathered from parts of the pixels, then parts are normalised with them. Without
/// gradients. x is always [(B F), C, h, w], some rows of every frame, as a view of the whole or by itself.
class VideoNorm {
 public:
  VideoNorm(int64_t frames, int64_t groups) : frames_(frames), groups_(groups) {}

  /// Another part. Equal parts in equal order give equal bytes.
  void add(const torch::Tensor& x);
  /// f((x - mean) / sqrt(variance + eps) * weight + bias) with the statistics of all parts that were added.
  /// Returns channels-last.
  [[nodiscard]] torch::Tensor normalise(const torch::Tensor& x, const torch::Tensor& weight,
                                        const torch::Tensor& bias, double eps, Activation activation) const;

 private:
  /// Of a video's group.
  struct Moments {
    double count = 0, mean = 0, square = 0;  // square: sum of squared deviations
  };

  int64_t frames_, groups_;
  std::vector<Moments> moments_;  // [B, G]
};

}  // namespace sfv::ops
