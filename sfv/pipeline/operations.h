#pragma once

#include <cstdint>
#include <vector>

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

/// Counts once for clips of one shape that follow each other.
class OperationCounter {
 public:
  /// As count_operations; the model is the same each time.
  const StageOperations& count(const checkpoint::Model& model, const GenerateSettings& settings);

 private:
  std::vector<int64_t> shape_;  // what the count depends on; empty: none was taken
  StageOperations counted_;
};

}  // namespace sfv::pipeline
