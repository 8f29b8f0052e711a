#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sfv/core/cancel.h"
#include "sfv/io/safetensors.h"

namespace sfv::checkpoint {

using WeightEntries = std::vector<io::SafetensorsWriter::Entry>;
/// Makes the values of one entry, in its shape and dtype; called once for each, just before it is written.
using WeightValues = std::function<torch::Tensor(const io::SafetensorsWriter::Entry& entry)>;

/// Writes one safetensors file, tensor by tensor. cancel may be null and is looked at between tensors.
/// Errors: those of SafetensorsWriter; kCancelled.
void write_weight_file(const std::filesystem::path& path, WeightEntries entries,
                       const std::map<std::string, std::string>& metadata, const WeightValues& values,
                       const CancelToken* cancel);

/// Writes the weights of a component as diffusers names them: STEM.safetensors, or STEM.fp16.safetensors and
/// STEM.bf16.safetensors where all are of that type; in several files and an index where they take more than
/// max_shard_bytes (0: no limit) together. The folder must exist.
void write_component(const std::filesystem::path& folder, const std::string& stem,
                     const WeightEntries& entries, uint64_t max_shard_bytes, const WeightValues& values,
                     const CancelToken* cancel);

/// Bytes of a tensor.
[[nodiscard]] uint64_t entry_bytes(const io::SafetensorsWriter::Entry& entry);

}  // namespace sfv::checkpoint
