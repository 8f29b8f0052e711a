// GEGLU in one pass over memory: libtorch takes two kernels and a tensor between them.
#include "sfv/ops/cuda/geglu_steps.h"
#include "sfv/ops/cuda/launch.cuh"

namespace sfv::ops::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMaxBlocks = 1 << 20;  // beyond it a thread takes more than one pack

template <int V, typename T>
__global__ void __launch_bounds__(kThreads)
    geglu_kernel(int64_t rows, int64_t channels, const T* __restrict__ p, T* __restrict__ y) {
  const int64_t thread = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  gate_packs<V>(thread, static_cast<int64_t>(gridDim.x) * blockDim.x, rows, channels, p, y);
}

template <int V, typename T>
cudaError_t launch(const SfvCudaGeglu& call, cudaStream_t stream) {
  const int64_t needed = (call.rows * (call.channels / V) + kThreads - 1) / kThreads;
  const auto blocks = static_cast<unsigned>(needed < kMaxBlocks ? needed : kMaxBlocks);
  geglu_kernel<V><<<blocks, kThreads, 0, stream>>>(call.rows, call.channels, static_cast<const T*>(call.p),
                                                   static_cast<T*>(call.y));
  return cudaGetLastError();
}

cudaError_t geglu(const SfvCudaPlace& place, const SfvCudaGeglu& call) {
  const bool is_supported = bytes_of(call.dtype) > 0 && call.rows > 0 && call.channels > 0 &&
                            call.rows <= INT64_MAX / 8 / call.channels;
  if (!is_supported) return cudaErrorInvalidValue;
  return launch_at(place, call.dtype, [&](auto number, cudaStream_t stream) {
    using T = decltype(number);
    const uintptr_t addresses = address_of(call.p) | address_of(call.y);
    return pack_width(call.channels, sizeof(T), addresses) == 1
               ? launch<1, T>(call, stream)
               : launch<kPackBytes / sizeof(T), T>(call, stream);
  });
}

}  // namespace
}  // namespace sfv::ops::cuda

extern "C" int sfv_cuda_geglu(const SfvCudaPlace* place, const SfvCudaGeglu* call) {
  return sfv::ops::cuda::geglu(*place, *call);
}
