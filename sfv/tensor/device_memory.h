#pragma once

#include <torch/types.h>

#include "sfv/core/process_memory.h"

namespace sfv {

/// What tensors hold on a GPU, by libtorch's allocator; on the CPU process_memory().
[[nodiscard]] MemoryUse device_memory(const torch::Device& device);

/// Bytes of a GPU that no program uses. Errors: those of libtorch.
[[nodiscard]] int64_t free_device_memory(const torch::Device& device);

/// Gives back what is kept for later tensors on a device.
void release_kept_memory(const torch::Device& device);

}  // namespace sfv
