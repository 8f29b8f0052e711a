#pragma once

#include <torch/types.h>

#include <memory>

#include "sfv/distributed/ranks.h"

namespace sfv::distributed {

/// The same ranks with tensors on a GPU sent by NCCL, GPU to GPU; those on the CPU go as before. inner: their
/// CPU part, borrowed. device: this rank's GPU, another one for each rank of a machine. Errors: kDevice.
/// Written against NCCL's documentation and not yet run.
[[nodiscard]] std::unique_ptr<Ranks> with_nccl(Ranks& inner, const torch::Device& device);

}  // namespace sfv::distributed
