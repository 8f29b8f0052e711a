#pragma once

#include <torch/types.h>

#include <memory>

#include "sfv/distributed/ranks.h"

namespace sfv::distributed {

/// The ranks of this job: by MPI or torchrun's store, as the launcher's variables say (launch.h); one on its
/// own without a launcher. Once in a process. Errors: those of find_launch, open_mpi_ranks and
/// open_store_ranks.
[[nodiscard]] std::unique_ptr<Ranks> open_ranks();

/// The GPU's number for this rank: its place on the machine; 0 where the launcher shows each rank one GPU.
/// gpus: that this process sees. Errors: kDevice where there are fewer GPUs than ranks.
[[nodiscard]] int64_t gpu_of(const RankPlace& place, int64_t gpus);

/// CPU threads for this rank so that the ranks of a machine share its cores: the cores this process may run
/// on, divided by the ranks that may run on the same. At least 1. All ranks call it.
[[nodiscard]] int64_t fair_threads(Ranks& ranks);

}  // namespace sfv::distributed
