#include "sfv/ops/cuda_library.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/core/side_library.h"

namespace sfv::ops {
namespace {

constexpr const char* kFileName = "libsfv_cuda.so";

std::optional<CudaLibrary> load() {
  // RTLD_LOCAL, since its CUDA run time is not the one that libtorch uses; open to the end, since kernels may
  // still run when the last tensor goes.
  const SideLibrary file = open_side_library(kFileName, SymbolScope::kLocal);
  if (file.handle == nullptr && file.is_there) {
    log_warning(concat("[cuda] cannot load ", file.path, ": ", file.reason,
                       "; the GPU computes with libtorch's kernels"));
  } else if (file.handle == nullptr) {
    log_info(concat("the GPU computes with libtorch's kernels, not sfv's own: ", file.reason));
  }
  if (file.handle == nullptr) return std::nullopt;
  void* const library = file.handle;
  CudaLibrary functions;
  const bool fits =
      has_interface(library, "sfv_cuda_interface", kSfvCudaInterface) &&
      find_functions(library, "sfv_cuda_check_device", functions.check_device, "sfv_cuda_error_text",
                     functions.error_text, "sfv_cuda_group_norm_workspace", functions.group_norm_workspace,
                     "sfv_cuda_group_norm", functions.group_norm, "sfv_cuda_geglu", functions.geglu,
                     "sfv_cuda_temporal_attention", functions.temporal_attention);
  if (fits) return functions;
  log_warning(concat("[cuda] ", kFileName, ": expected interface ", kSfvCudaInterface,
                     ", found that of another build of sfv; the GPU computes with libtorch's kernels"));
  return std::nullopt;
}

bool runs_on(const CudaLibrary& library, int device) {
  const int error = library.check_device(device);
  if (error == 0) return true;
  log_warning(concat("[cuda] ", kFileName, " does not run on cuda:", device, ": ", library.error_text(error),
                     "; it computes with libtorch's kernels"));
  return false;
}

}  // namespace

const CudaLibrary* cuda_library() {
  static const std::optional<CudaLibrary> library = load();
  return library ? &*library : nullptr;
}

const CudaLibrary* cuda_library_for(int device) {
  const CudaLibrary* library = cuda_library();
  if (library == nullptr) return nullptr;
  static std::mutex mutex;
  static std::map<int, bool> answers;  // a driver keeps its answer, and asking takes a millisecond
  const std::lock_guard lock(mutex);
  auto answer = answers.find(device);
  if (answer == answers.end()) answer = answers.emplace(device, runs_on(*library, device)).first;
  return answer->second ? library : nullptr;
}

}  // namespace sfv::ops
