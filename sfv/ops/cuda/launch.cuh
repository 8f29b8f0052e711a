#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "sfv/ops/cuda/kernels.h"
#include "sfv/ops/cuda/pack.h"

// What every launch of a kernel needs: the types, the current GPU, the block as the GPU has it.
namespace sfv::ops::cuda {

template <>
struct Number<__half> {
  SFV_HOST_DEVICE static float to_float(__half value) { return __half2float(value); }
  SFV_HOST_DEVICE static __half from_float(float value) { return __float2half_rn(value); }
};

template <>
struct Number<__nv_bfloat16> {
  SFV_HOST_DEVICE static float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }
  SFV_HOST_DEVICE static __nv_bfloat16 from_float(float value) { return __float2bfloat16_rn(value); }
};

/// The Block of group_norm_steps.h.
struct GpuBlock {
  __device__ int64_t index() const { return blockIdx.x; }
  __device__ int thread() const { return static_cast<int>(threadIdx.x); }
  __device__ int threads() const { return static_cast<int>(blockDim.x); }
  __device__ void sync() const { __syncthreads(); }
};

/// While it lives, `device` is this thread's current GPU. error() is not cudaSuccess where it cannot be.
class CurrentDevice {
 public:
  explicit CurrentDevice(int device) {
    error_ = cudaGetDevice(&before_);
    if (error_ == cudaSuccess && device != before_) {
      error_ = cudaSetDevice(device);
      has_changed_ = error_ == cudaSuccess;
    }
  }
  ~CurrentDevice() {
    if (has_changed_) cudaSetDevice(before_);
  }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

  cudaError_t error() const { return error_; }

 private:
  int before_ = 0;
  bool has_changed_ = false;
  cudaError_t error_;
};

inline uintptr_t address_of(const void* pointer) {
  return reinterpret_cast<uintptr_t>(pointer);
}

/// Bytes of a number; 0 for an unknown dtype.
inline int bytes_of(int32_t dtype) {
  return dtype == kSfvCudaFloat32 ? 4 : dtype == kSfvCudaFloat16 || dtype == kSfvCudaBfloat16 ? 2 : 0;
}

/// f(T{}) with the type that dtype names; cudaErrorInvalidValue for an unknown one.
template <typename F>
cudaError_t with_type(int32_t dtype, F&& f) {
  switch (dtype) {
    case kSfvCudaFloat32:
      return f(float{});
    case kSfvCudaFloat16:
      return f(__half{});
    case kSfvCudaBfloat16:
      return f(__nv_bfloat16{});
    default:
      return cudaErrorInvalidValue;
  }
}

/// launch(T{}, stream) with the type that dtype names, on the place's GPU.
template <typename F>
cudaError_t launch_at(const SfvCudaPlace& place, int32_t dtype, F&& launch) {
  const CurrentDevice current(place.device);
  if (current.error() != cudaSuccess) return current.error();
  const auto stream = static_cast<cudaStream_t>(place.stream);
  return with_type(dtype, [&](auto number) { return launch(number, stream); });
}

}  // namespace sfv::ops::cuda
