#include "sfv/distributed/nccl_library.h"

#include <dlfcn.h>

#include "sfv/core/check.h"
#include "sfv/core/side_library.h"

namespace sfv::distributed {
namespace {

constexpr const char* kFileName = "libnccl.so.2";

template <typename Function>
void find(void* library, const char* name, Function& function) {
  SFV_CHECK(find_functions(library, name, function), kDevice, "[ranks] ", kFileName, " has no ", name,
            "; install the NCCL that belongs to this libtorch (pip install torch)");
}

}  // namespace

NcclLibrary load_nccl() {
  // Never closed: work may be queued on the GPU to the end of the process.
  void* library = dlopen(kFileName, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    throw Error(ErrorCode::kDevice,
                concat("[ranks] several ranks on GPUs need NCCL, and ", kFileName, " cannot be loaded (",
                       reason == nullptr ? "unknown reason" : reason,
                       "); install torch with its dependencies (pip install torch), or use --device cpu"));
  }
  NcclLibrary f;
  find(library, "ncclGetUniqueId", f.get_unique_id);
  find(library, "ncclCommInitRank", f.init_rank);
  find(library, "ncclAllReduce", f.all_reduce);
  find(library, "ncclBroadcast", f.broadcast);
  find(library, "ncclCommDestroy", f.destroy);
  find(library, "ncclCommAbort", f.abort_comm);
  find(library, "ncclGetErrorString", f.error_text);
  return f;
}

}  // namespace sfv::distributed
