#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/training/recipe.h"

namespace sfv::training {

/// What a step of a recipe takes. Bytes are those of tensors; the largest moment of a step is told apart into
/// parts, which sum to `peak`.
struct MemoryPlan {
  int64_t trained = 0;  // numbers that train
  int64_t frozen = 0;   // weights that do not: of networks that are held anyway, of all stages alike
  int64_t trained_weights = 0;
  int64_t frozen_weights = 0;
  int64_t moments = 0;            // of the optimisers
  int64_t averages = 0;           // in host memory or on the device
  bool averages_on_host = false;  // then not part of `peak`
  int64_t gradients = 0;          // alive at the peak
  int64_t weight_copies = 0;      // weights cast for products, alive at the peak
  int64_t activations = 0;        // everything else then
  int64_t peak = 0;
  std::string peak_phase;  // "generator"
  /// Operations (core/work.h) of an iteration: forward passes as counted, twice as much for each backward
  /// pass, of all micro-batches of this rank.
  double operations = 0;
};

/// Runs two iterations of the recipe's stage on tensors without data, so that nothing is computed and no
/// memory is taken, as if they lay on a device of this type. Not part of it: the program with its libraries,
/// what allocators and library kernels need besides, clips read ahead, samples. ranks: processes that share
/// the batch. Errors: those of the stage.
[[nodiscard]] MemoryPlan plan_memory(const Recipe& recipe, const checkpoint::ModelConfigs& configs,
                                     at::DeviceType device, int64_t ranks);

}  // namespace sfv::training
