#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sfv/distributed/ranks.h"

namespace sfv::distributed {

/// How this process was started.
struct Launch {
  enum class By {
    kItself,    // no launcher, or one process
    kMpi,       // mpirun or srun: MPI tells the place
    kTorchrun,  // torchrun, or another that sets its variables: place and meeting point are here
  } by = By::kItself;
  std::string launcher;  // as a message names it: "mpirun"
  RankPlace place;       // kMpi: the size only
  std::string address;   // kTorchrun: of the store
  uint16_t port = 0;
  bool has_store = false;  // the launcher itself runs the store; else rank 0 does
};

/// A variable of the environment, or nothing.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] std::optional<std::string> process_environment(const std::string& name);

/// Looks for torchrun's variables (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT, all four), then for MPI's
/// (OMPI_COMM_WORLD_SIZE, PMI_SIZE) and Slurm's (SLURM_STEP_NUM_TASKS). Errors: kInvalidArgument for a value
/// that is none, naming it.
[[nodiscard]] Launch find_launch(const Environment& environment);

}  // namespace sfv::distributed
