#pragma once

#include <cstdint>

#include "sfv/training/optimizer_options.h"

namespace sfv::training {

/// The learning rate over the steps of a run: a warm-up, then a decay to its end.
struct LearningRateSchedule {
  using WarmUp = WarmUpKind;
  using Decay = DecayKind;

  double peak = 1e-5;  // > 0
  WarmUp warm_up = WarmUp::kNone;
  int64_t warm_up_steps = 1000;  // >= 1; with a warm-up
  Decay decay = Decay::kConstant;
  double decay_to = 0;      // 0..1
  int64_t total_steps = 1;  // of the run, >= 1; with a decay

  /// The rate of optimiser step `step`, counted from 1. After the last step it stays where it ended. Errors:
  /// kInvalidArgument for steps under 1 and fields out of range.
  [[nodiscard]] double at(int64_t step) const;
};

}  // namespace sfv::training
