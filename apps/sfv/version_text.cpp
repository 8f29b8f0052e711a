#include "apps/sfv/version_text.h"

#include <torch/version.h>

#include <string>

#include "sfv/core/version.h"

namespace sfv::cli {
namespace {

std::string on_off(bool value) {
  return value ? "on" : "off";
}

#ifdef SFV_HAS_VIDEO
constexpr bool kHasVideo = true;
#else
constexpr bool kHasVideo = false;
#endif
#ifdef SFV_HAS_CUDA
constexpr bool kHasCudaKernels = true;
#else
constexpr bool kHasCudaKernels = false;
#endif

}  // namespace

std::string version_text() {
  return "sfv " + std::string(version()) + "\nlibtorch " TORCH_VERSION "\ncompiler " __VERSION__ "\nvideo " +
         on_off(kHasVideo) + ", CUDA kernels " + on_off(kHasCudaKernels);
}

}  // namespace sfv::cli
