#pragma once

#include <memory>
#include <string>

#include "sfv/distributed/ranks.h"

namespace sfv::distributed {

/// Ranks that MPI connects, by libsfv_mpi.so, which is looked for beside the program, else where the linker
/// looks. size, launcher: what the launcher said. Once in a process; the destructor ends MPI. Errors:
/// kUnsupported where the library is not there or of another build, or MPI sees another number of
/// processes (the launcher of another MPI); kIo.
[[nodiscard]] std::unique_ptr<Ranks> open_mpi_ranks(int64_t size, const std::string& launcher);

}  // namespace sfv::distributed
