#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "sfv/core/cancel.h"

namespace sfv::checkpoint {

struct InitOptions {
  std::string like;           // "svd", "svd-xt", or a model folder, of which only the configs are read
  std::filesystem::path out;  // the new model folder
  uint64_t seed = 0;
  torch::Dtype dtype = torch::kFloat32;  // float32, bfloat16 or float16
};

/// Writes a whole model folder with random weights (see RandomWeights): names, shapes, layout and, with
/// "svd-xt", the very sizes of the published files. The same options give the same bytes on every machine.
/// Takes the memory of one tensor. The folder appears whole or not at all. cancel may be null. Errors:
/// kAlreadyExists when `out` is there and not empty; those of load_configs and read_configs; kNoSpace, kIo,
/// kCancelled.
void init_model(const InitOptions& options, const CancelToken* cancel);

}  // namespace sfv::checkpoint
