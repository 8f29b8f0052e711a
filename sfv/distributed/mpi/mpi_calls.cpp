// libsfv_mpi.so: the calls of sfv/distributed/mpi_calls.h by the MPI it was compiled with.
#include "sfv/distributed/mpi_calls.h"

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace {

// MPI's counts are int; a message of more is sent in parts.
constexpr int64_t kMaxCount = int64_t{1} << 30;

MPI_Comm communicator = MPI_COMM_NULL;  // ours alone: nobody else's messages

int find_local(MPI_Comm all, SfvMpiPlace* place) {
  MPI_Comm machine = MPI_COMM_NULL;
  if (const int error = MPI_Comm_split_type(all, MPI_COMM_TYPE_SHARED, place->rank, MPI_INFO_NULL, &machine);
      error != MPI_SUCCESS)
    return error;
  MPI_Comm_rank(machine, &place->local_rank);
  MPI_Comm_size(machine, &place->local_size);
  return MPI_Comm_free(&machine);
}

MPI_Datatype type_of(int type) {
  constexpr size_t kTypes = 3;
  const std::array<MPI_Datatype, kTypes> types = {MPI_FLOAT, MPI_DOUBLE, MPI_INT64_T};
  return types.at(static_cast<size_t>(type));
}

int64_t bytes_of(int type) {
  return type == kSfvMpiFloat ? 4 : 8;
}

}  // namespace

extern "C" {

int sfv_mpi_interface() {
  return kSfvMpiInterface;
}

int sfv_mpi_open(SfvMpiPlace* place) {
  int provided = MPI_THREAD_SINGLE;
  // Serialised: gradients are sent by a thread of their own, while the main thread sends nothing.
  if (const int error = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
      error != MPI_SUCCESS)
    return error;
  if (provided < MPI_THREAD_SERIALIZED) return MPI_ERR_OTHER;
  if (const int error = MPI_Comm_dup(MPI_COMM_WORLD, &communicator); error != MPI_SUCCESS) return error;
  MPI_Comm_set_errhandler(communicator, MPI_ERRORS_RETURN);
  MPI_Comm_rank(communicator, &place->rank);
  MPI_Comm_size(communicator, &place->size);
  return find_local(communicator, place);
}

void sfv_mpi_close() {
  MPI_Comm_free(&communicator);
  MPI_Finalize();
}

int sfv_mpi_sum(void* data, int64_t count, int type) {
  for (int64_t done = 0; done < count; done += kMaxCount) {
    std::byte* const part = static_cast<std::byte*>(data) + done * bytes_of(type);
    const auto length = static_cast<int>(std::min(count - done, kMaxCount));
    if (const int error = MPI_Allreduce(MPI_IN_PLACE, part, length, type_of(type), MPI_SUM, communicator);
        error != MPI_SUCCESS)
      return error;
  }
  return MPI_SUCCESS;
}

int sfv_mpi_broadcast(void* data, int64_t bytes, int from) {
  for (int64_t done = 0; done < bytes; done += kMaxCount) {
    const auto length = static_cast<int>(std::min(bytes - done, kMaxCount));
    if (const int error =
            MPI_Bcast(static_cast<std::byte*>(data) + done, length, MPI_BYTE, from, communicator);
        error != MPI_SUCCESS)
      return error;
  }
  return MPI_SUCCESS;
}

int sfv_mpi_gather(const void* own, int64_t bytes, void* all) {
  const auto length = static_cast<int>(bytes);
  return MPI_Allgather(own, length, MPI_BYTE, all, length, MPI_BYTE, communicator);
}

int sfv_mpi_barrier() {
  return MPI_Barrier(communicator);
}

void sfv_mpi_end_all(int status) {
  MPI_Abort(MPI_COMM_WORLD, status);
}

const char* sfv_mpi_error_text(int error) {
  static std::array<char, MPI_MAX_ERROR_STRING> text;
  int length = 0;
  if (MPI_Error_string(error, text.data(), &length) != MPI_SUCCESS) return "unknown error";
  return text.data();
}

}  // extern "C"
