#pragma once

#include <ATen/core/Tensor.h>

namespace sfv::training {

/// The deviation of an encoder's latents while it trains: averages that forget with 0.99 a step, so that the
/// last hundred or so count. Rombach et al. (arXiv 2112.10752, appendix G) scale latents to deviation 1 so.
class LatentScale {
 public:
  LatentScale();

  /// latents: any shape; each call is a step.
  void add(const at::Tensor& latents);
  /// 1 / deviation of all values together. Before the first step, or if all are equal: `otherwise`.
  [[nodiscard]] double scaling_factor(double otherwise) const;
  /// [3] float64 on the CPU: sums of weights, means and mean squares. What a checkpoint holds.
  [[nodiscard]] const at::Tensor& sums() const { return sums_; }

 private:
  at::Tensor sums_;
};

}  // namespace sfv::training
