#pragma once

#include <cstdint>

#include "sfv/training/ema_options.h"
#include "sfv/training/named_tensor.h"

namespace sfv::training {

/// Exponential moving average of parameters, e = decay e + (1 - decay) p, kept in float32 at least: a part of
/// 5 % of a small update is lost in bfloat16. Begins as a copy; with a decay of 0 it is the parameters
/// themselves.
class Ema {
 public:
  /// Errors: kInvalidArgument for a decay or a warm-up out of range.
  Ema(const NamedTensors& parameters, const EmaOptions& options);

  /// After each step of the optimiser.
  void update();
  /// The decay that the next update uses.
  [[nodiscard]] double next_decay() const;

  /// The averages under their parameters' names: what a trained model consists of.
  [[nodiscard]] const NamedTensors& averages() const { return averages_; }
  /// For a checkpoint, besides the averages: updates so far, an int64 scalar on the CPU.
  [[nodiscard]] const torch::Tensor& updates() const { return updates_; }

 private:
  EmaOptions options_;
  NamedTensors parameters_, averages_;
  torch::Tensor updates_;
};

}  // namespace sfv::training
