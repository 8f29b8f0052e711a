#pragma once

#include <array>
#include <cstddef>

namespace sfv::distributed {

// The part of NCCL's C interface that is used, of version 2.10 or later. Declared here and not taken from
// nccl.h, which includes CUDA's headers: sfv is built without them, and NCCL comes with libtorch's CUDA
// library at run time. tests/distributed/nccl_declarations.cpp holds it against nccl.h where there is one.

struct NcclUniqueId {
  std::array<char, 128> bytes;
};

enum NcclType { kNcclInt8 = 0, kNcclInt64 = 4, kNcclFloat = 7, kNcclDouble = 8 };
enum NcclOperation { kNcclSum = 0 };

/// Each returns 0, or an error for error_text. comm: ncclComm_t; stream: cudaStream_t.
struct NcclLibrary {
  int (*get_unique_id)(NcclUniqueId* id) = nullptr;
  int (*init_rank)(void** comm, int size, NcclUniqueId id, int rank) = nullptr;
  int (*all_reduce)(const void* from, void* to, size_t count, int type, int operation, void* comm,
                    void* stream) = nullptr;
  int (*broadcast)(const void* from, void* to, size_t count, int type, int root, void* comm,
                   void* stream) = nullptr;
  int (*destroy)(void* comm) = nullptr;
  int (*abort_comm)(void* comm) = nullptr;
  const char* (*error_text)(int error) = nullptr;
};

/// libnccl.so.2, the one that libtorch's CUDA library brought. Errors: kDevice where there is none.
[[nodiscard]] NcclLibrary load_nccl();

}  // namespace sfv::distributed
