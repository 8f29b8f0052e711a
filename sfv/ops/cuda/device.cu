// Whether these kernels fit this machine's driver and GPU, and what CUDA's error numbers mean.
#include "sfv/ops/cuda/launch.cuh"

namespace sfv::ops::cuda {
namespace {

// Compiled for the same GPUs as the others: where this one has no code, they have none.
__global__ void probe() {}

}  // namespace
}  // namespace sfv::ops::cuda

extern "C" int sfv_cuda_interface() {
  return kSfvCudaInterface;
}

extern "C" int sfv_cuda_check_device(int device) {
  const sfv::ops::cuda::CurrentDevice current(device);
  if (current.error() != cudaSuccess) return current.error();
  cudaFuncAttributes attributes = {};
  const cudaError_t error = cudaFuncGetAttributes(&attributes, sfv::ops::cuda::probe);
  if (error != cudaSuccess) (void)cudaGetLastError();  // the answer is told; the next call starts clean
  return error;
}

extern "C" const char* sfv_cuda_error_text(int error) {
  return cudaGetErrorString(static_cast<cudaError_t>(error));
}
