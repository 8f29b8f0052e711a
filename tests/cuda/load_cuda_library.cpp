// load_cuda_library FILE: loads libsfv_cuda.so as sfv does, finds every function of sfv/ops/cuda/kernels.h
// and asks what has an answer without a GPU. Exit status 0 if all is as it should be.
#include <dlfcn.h>

#include <cstdio>
#include <cstring>
#include <initializer_list>

#include "sfv/ops/cuda/kernels.h"

namespace {

int failures = 0;

void expect(bool is_true, const char* what) {
  std::printf("%s: %s\n", is_true ? "ok" : "FAILED", what);
  if (!is_true) ++failures;
}

template <typename Function>
Function find(void* library, const char* name) {
  void* place = dlsym(library, name);
  expect(place != nullptr, name);
  return reinterpret_cast<Function>(place);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::printf("FAILED: %s\n", dlerror());
    return 1;
  }
  const auto interface = find<decltype(&sfv_cuda_interface)>(library, "sfv_cuda_interface");
  const auto check_device = find<decltype(&sfv_cuda_check_device)>(library, "sfv_cuda_check_device");
  const auto error_text = find<decltype(&sfv_cuda_error_text)>(library, "sfv_cuda_error_text");
  const auto workspace =
      find<decltype(&sfv_cuda_group_norm_workspace)>(library, "sfv_cuda_group_norm_workspace");
  const auto group_norm = find<decltype(&sfv_cuda_group_norm)>(library, "sfv_cuda_group_norm");
  const auto geglu = find<decltype(&sfv_cuda_geglu)>(library, "sfv_cuda_geglu");
  const auto attention = find<decltype(&sfv_cuda_temporal_attention)>(library, "sfv_cuda_temporal_attention");
  if (failures > 0) return 1;

  expect(dlsym(library, "cudaLaunchKernel") == nullptr, "its CUDA run time is hidden");
  expect(interface() == kSfvCudaInterface, "the interface is this header's");
  expect(check_device(1000) != 0, "there is no GPU 1000");
  expect(std::strlen(error_text(check_device(1000))) > 0, "its error has a text");
  std::printf("GPU 0: %s\n", error_text(check_device(0)));

  // [14, 320, 72, 128] in bf16, 83 MB.
  SfvCudaGroupNorm call = {};
  call.pictures = 14;
  call.pixels = 72 * 128;
  call.channels = 320;
  call.groups = 32;
  call.dtype = kSfvCudaBfloat16;
  const int64_t bytes = workspace(&call);
  expect(bytes > 14 * 320 * 8 && bytes < 83'000'000 / 20, "the workspace is below a twentieth of the input");
  const SfvCudaPlace place = {};
  for (const int64_t groups : {int64_t{0}, int64_t{33}, int64_t{-1}}) {
    call.groups = groups;
    expect(workspace(&call) == 0, "groups that do not divide the channels are refused");
    expect(group_norm(&place, &call) != 0, "and not computed");
  }
  call.groups = 32;
  call.dtype = 3;
  expect(workspace(&call) == 0, "an unknown dtype is refused");
  const SfvCudaGeglu empty = {};
  expect(geglu(&place, &empty) != 0, "an empty geglu is refused");
  SfvCudaTemporalAttention too_long = {};
  too_long.videos = too_long.pixels = too_long.heads = 1;
  too_long.frames = 33;
  too_long.width = 64;
  expect(attention(&place, &too_long) != 0, "temporal attention over 33 frames is refused");
  return failures == 0 ? 0 : 1;
}
