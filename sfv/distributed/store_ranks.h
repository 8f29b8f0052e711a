#pragma once

#include <memory>

#include "sfv/distributed/launch.h"
#include "sfv/distributed/ranks.h"

namespace sfv::distributed {

/// Ranks that meet at libtorch's TCPStore, as torchrun starts them. All messages go through the process that
/// holds the store: enough for reports, names and NCCL's beginning, and slow for gradients on a CPU, where
/// mpirun is the better launcher. A rank that waits for another names it when it gives up. launch: kTorchrun.
/// Errors: kIo where the store cannot be reached.
[[nodiscard]] std::unique_ptr<Ranks> open_store_ranks(const Launch& launch);

}  // namespace sfv::distributed
