#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sfv/io/safetensors.h"

namespace sfv::checkpoint {

/// The weight files of one component of a model folder.
struct ComponentFiles {
  std::filesystem::path index;                                // of a sharded component; empty for one file
  std::vector<std::shared_ptr<const io::TensorFile>> shards;  // one, or all that the index names, by name
};

/// Opens folder/STEM.safetensors or its .fp16. or .bf16. variant, whole or in shards with an index. Of
/// several variants the one nearest to `wanted` is taken: for half precision .fp16., else the full one, else
/// whatever there is. An index must agree with its shards, and name only files in its own folder. Errors:
/// kNotFound naming what was looked for; kInvalidFile; those of SafetensorsFile.
[[nodiscard]] ComponentFiles open_component(const std::filesystem::path& folder, const std::string& stem,
                                            torch::Dtype wanted);

}  // namespace sfv::checkpoint
