#pragma once

#include "sfv/ops/cuda/kernels.h"

namespace sfv::ops {

/// The functions of libsfv_cuda.so, our own CUDA kernels (sfv/ops/cuda/kernels.h says what each does).
struct CudaLibrary {
  decltype(&sfv_cuda_check_device) check_device = nullptr;
  decltype(&sfv_cuda_error_text) error_text = nullptr;
  decltype(&sfv_cuda_group_norm_workspace) group_norm_workspace = nullptr;
  decltype(&sfv_cuda_group_norm) group_norm = nullptr;
  decltype(&sfv_cuda_geglu) geglu = nullptr;
  decltype(&sfv_cuda_temporal_attention) temporal_attention = nullptr;
};

/// libsfv_cuda.so, loaded on the first call from the program's folder, else from where the linker looks
/// (rpath, LD_LIBRARY_PATH). It is optional: nullptr where there is none, which log.h is told once
/// (information), or where it is of another build, cannot be loaded (warning). Needs no GPU. Thread-safe.
[[nodiscard]] const CudaLibrary* cuda_library();

/// The same, for GPU `device` (0 .. 63): nullptr also where its kernels do not run on that GPU or with this
/// driver, which log.h is told once (warning).
[[nodiscard]] const CudaLibrary* cuda_library_for(int device);

}  // namespace sfv::ops
