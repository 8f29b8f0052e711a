#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/training/memory_plan.h"
#include "sfv/training/recipe.h"

namespace sfv::training {

/// How long an iteration takes, from a short run.
struct StepTiming {
  double seconds = 0;   // of an iteration: all phases and micro-batches, without samples and checkpoints
  double measured = 0;  // share of its operations that was run to tell, 1: the recipe's own size
  std::string size;     // what was run: "14 frames of 64x64, widths 64 128 192"
};

/// What a measurement may take.
struct TimingLimits {
  int64_t bytes = 0;         // of tensors on the device
  double operations = 4e12;  // of an iteration of one micro-batch
};

/// Runs an iteration of the recipe's stage with one micro-batch on random weights of a device, twice, and
/// takes the second: at the recipe's size if the limits allow, else with smaller pictures, then with narrower
/// networks, scaled by operations and, for optimiser and average, by weights. whole: the plan of the recipe.
/// Nothing if even the smallest is too large.
[[nodiscard]] std::optional<StepTiming> time_step(const Recipe& recipe,
                                                  const checkpoint::ModelConfigs& configs,
                                                  const torch::Device& device, const MemoryPlan& whole,
                                                  const TimingLimits& limits);

}  // namespace sfv::training
