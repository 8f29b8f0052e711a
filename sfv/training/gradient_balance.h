#pragma once

#include <torch/types.h>

#include "sfv/training/adversarial_options.h"

namespace sfv::training {

/// The weight of the reconstruction loss over a run: constant, annealed, or such that both gradients at
/// x0_hat keep a given ratio. In SF-V the size of lambda |g_rec| beside |g_adv| decides more than anything
/// else.
class GradientBalance {
 public:
  explicit GradientBalance(const ReconstructionOptions& options);

  /// lambda for this iteration (from 0). The norms are those of this micro-batch's gradients at x0_hat; both
  /// are smoothed over the calls when balanced, and otherwise not looked at.
  [[nodiscard]] double lambda(int64_t iteration, double adversarial_norm, double reconstruction_norm);

  /// [2] float64 for a checkpoint: the smoothed norms, 0 before the first call.
  [[nodiscard]] const torch::Tensor& state() const { return smoothed_; }

 private:
  ReconstructionOptions options_;
  torch::Tensor smoothed_;
};

}  // namespace sfv::training
