#include "sfv/ops/cuda_library.h"

#include <dlfcn.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "sfv/core/check.h"
#include "sfv/core/log.h"

namespace sfv::ops {
namespace {

constexpr const char* kFileName = "libsfv_cuda.so";

std::string last_dl_error() {
  const char* text = dlerror();
  return text == nullptr ? "unknown reason" : text;
}

// Stays loaded to the end: kernels may still run when the last tensor goes. RTLD_LOCAL, since its CUDA run
// time is not the one that libtorch uses.
void* open_library() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path beside = program.parent_path() / kFileName;
  if (!error && std::filesystem::exists(beside, error)) {
    void* library = dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      log_warning(concat("[cuda] cannot load ", beside.string(), ": ", last_dl_error(),
                         "; the GPU computes with libtorch's kernels"));
    }
    return library;
  }
  void* library = dlopen(kFileName, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    log_info(concat("the GPU computes with libtorch's kernels, not sfv's own: ", last_dl_error()));
  return library;
}

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

std::optional<CudaLibrary> load() {
  void* library = open_library();
  if (library == nullptr) return std::nullopt;
  CudaLibrary functions;
  decltype(&sfv_cuda_interface) interface = nullptr;
  const bool fits = find(library, "sfv_cuda_interface", interface) && interface() == kSfvCudaInterface &&
                    find(library, "sfv_cuda_check_device", functions.check_device) &&
                    find(library, "sfv_cuda_error_text", functions.error_text) &&
                    find(library, "sfv_cuda_group_norm_workspace", functions.group_norm_workspace) &&
                    find(library, "sfv_cuda_group_norm", functions.group_norm) &&
                    find(library, "sfv_cuda_geglu", functions.geglu) &&
                    find(library, "sfv_cuda_temporal_attention", functions.temporal_attention);
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
