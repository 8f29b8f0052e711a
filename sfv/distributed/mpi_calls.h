#pragma once

#include <cstdint>

// What sfv and libsfv_mpi.so share: C functions over plain values. The library is the only part that is
// compiled against an MPI and linked to it; sfv opens it when a launcher of MPI has started the process, so
// that the program runs on machines without MPI. Calls may come from any thread, one at a time. Those that
// return int give 0, or an error for sfv_mpi_error_text().

/// Counts up with every change of what follows.
inline constexpr int kSfvMpiInterface = 1;

struct SfvMpiPlace {
  int rank, size, local_rank, local_size;
};

enum SfvMpiType { kSfvMpiFloat, kSfvMpiDouble, kSfvMpiInt64 };

extern "C" {

int sfv_mpi_interface();
/// Starts MPI and says where this process stands. Once in a process.
int sfv_mpi_open(SfvMpiPlace* place);
/// Ends MPI; waits for the other ranks.
void sfv_mpi_close();

/// In place, over all ranks. type: SfvMpiType.
int sfv_mpi_sum(void* data, int64_t count, int type);
int sfv_mpi_broadcast(void* data, int64_t bytes, int from);
/// all: size times `bytes` (< 2^31), by rank.
int sfv_mpi_gather(const void* own, int64_t bytes, void* all);
int sfv_mpi_barrier();

/// Ends every process of the job.
void sfv_mpi_end_all(int status);
/// Valid until the next call.
const char* sfv_mpi_error_text(int error);

}  // extern "C"
