#pragma once

#include <torch/types.h>

#include "sfv/core/process_memory.h"

namespace sfv {

/// What tensors hold on a GPU, by libtorch's allocator; on the CPU process_memory().
[[nodiscard]] MemoryUse device_memory(const torch::Device& device);

}  // namespace sfv
