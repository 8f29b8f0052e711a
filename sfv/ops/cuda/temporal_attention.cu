// Attention over a clip's frames at each pixel: sequences so short that keys and values of some stay in
// shared memory; libtorch's kernels are made for long ones and want the pixels moved together first.
#include "sfv/ops/cuda/launch.cuh"
#include "sfv/ops/cuda/temporal_attention_steps.h"

namespace sfv::ops::cuda {
namespace {

constexpr int64_t kMostShared = 48 << 10;  // of a block, on any GPU without asking for more

template <int D, typename T>
__global__ void __launch_bounds__(kAttentionThreads)
    temporal_attention_kernel(TemporalAttentionPlan plan, const T* __restrict__ q, const T* __restrict__ k,
                              const T* __restrict__ v, T* __restrict__ y) {
  extern __shared__ __align__(kPackBytes) unsigned char shared[];
  attend_over_frames<D, kPackBytes / sizeof(T)>(GpuBlock(), plan, q, k, v, y, reinterpret_cast<T*>(shared));
}

template <int D, typename T>
cudaError_t launch(const SfvCudaTemporalAttention& call, cudaStream_t stream) {
  TemporalAttentionPlan plan =
      make_temporal_attention_plan(call.videos, call.frames, call.pixels, static_cast<int>(call.heads));
  while (plan.units > 1 && plan.shared_bytes(D, sizeof(T)) > kMostShared) plan.units /= 2;
  const int64_t bytes = plan.shared_bytes(D, sizeof(T));
  if (bytes > kMostShared || plan.blocks() > INT32_MAX) return cudaErrorInvalidValue;
  temporal_attention_kernel<D>
      <<<static_cast<unsigned>(plan.blocks()), plan.units * plan.lanes, static_cast<size_t>(bytes), stream>>>(
          plan, static_cast<const T*>(call.q), static_cast<const T*>(call.k), static_cast<const T*>(call.v),
          static_cast<T*>(call.y));
  return cudaGetLastError();
}

cudaError_t temporal_attention(const SfvCudaPlace& place, const SfvCudaTemporalAttention& call) {
  const uintptr_t addresses =
      address_of(call.q) | address_of(call.k) | address_of(call.v) | address_of(call.y);
  constexpr int64_t kMost = int64_t{1} << 40;
  const bool is_supported = bytes_of(call.dtype) > 0 && call.videos > 0 && call.frames > 0 &&
                            call.frames <= kMostAttentionFrames && call.pixels > 0 && call.heads > 0 &&
                            call.heads <= 1024 && call.videos < kMost && call.pixels < kMost / call.videos &&
                            addresses % kPackBytes == 0;
  if (!is_supported) return cudaErrorInvalidValue;
  return launch_at(place, call.dtype, [&](auto number, cudaStream_t stream) {
    using T = decltype(number);
    switch (call.width) {
      case 32:
        return launch<32, T>(call, stream);
      case 64:
        return launch<64, T>(call, stream);
      case 128:
        return launch<128, T>(call, stream);
      default:
        return cudaErrorInvalidValue;
    }
  });
}

}  // namespace
}  // namespace sfv::ops::cuda

extern "C" int sfv_cuda_temporal_attention(const SfvCudaPlace* place, const SfvCudaTemporalAttention* call) {
  return sfv::ops::cuda::temporal_attention(*place, *call);
}
