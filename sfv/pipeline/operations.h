#pragma once

#include <functional>

#include "sfv/checkpoint/model.h"
#include "sfv/core/generate_options.h"

namespace sfv::pipeline {

/// Operations (2 x multiply-adds) of each stage, counted by running the same networks on tensors that have
/// shapes but no data.
struct StageOperations {
  double image_encoder = 0;
  double vae_encoder = 0;
  double unet = 0;     // one evaluation at batch 1
  double decoder = 0;  // the whole clip
};

[[nodiscard]] StageOperations count_operations(const checkpoint::Model& model,
                                               const GenerateSettings& settings);

}  // namespace sfv::pipeline
