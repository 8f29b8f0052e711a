#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "sfv/core/cancel.h"

namespace sfv::checkpoint {

struct ConvertOptions {
  std::string in;  // a model as for load_model, or the weights of a tiny decoder (.pth, .safetensors)
  std::filesystem::path out = {};          // NAME.safetensors: one file; else a model folder
  std::optional<torch::Dtype> dtype = {};  // float32, bfloat16 or float16; empty: each tensor keeps its own
  uint64_t max_shard_bytes = 0;            // folders only; 0: one file a component
};

/// Writes a model in another form, every used tensor the same: a folder in diffusers' layout, a single file
/// with the original code's names (and the configs in its metadata), or, for a tiny decoder, a safetensors
/// file with the names it has. A single file has only what the networks use. Takes the memory of one tensor.
/// The result appears whole or not at all. cancel may be null. Errors: kAlreadyExists; kInvalidFile for a
/// model whose tensors do not fit its configs; kInvalidArgument for a tiny decoder that is to become a
/// folder; those of the readers; kNoSpace, kIo, kCancelled.
void convert_model(const ConvertOptions& options, const CancelToken* cancel);

}  // namespace sfv::checkpoint
