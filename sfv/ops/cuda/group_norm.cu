// GroupNorm and SiLU on channels-last memory. libtorch's own kernel takes one block for each group of a
// picture, which for a video as one tall picture is 32 blocks in all; here the number of blocks follows from
// the pixels.
#include <climits>

#include "sfv/ops/cuda/group_norm_steps.h"
#include "sfv/ops/cuda/launch.cuh"

namespace sfv::ops::cuda {
namespace {

template <int V, typename T>
__global__ void __launch_bounds__(kThreads)
    measure_kernel(GroupNormPlan plan, const T* __restrict__ x, Moments* __restrict__ partials) {
  __shared__ Moments shared[V * kThreads];
  measure_slice<V>(GpuBlock{}, plan, x, shared, partials);
}

template <typename T>
__global__ void __launch_bounds__(kThreads)
    join_kernel(GroupNormPlan plan, const Moments* __restrict__ partials, const T* __restrict__ weight,
                const T* __restrict__ bias, float eps, ChannelMap* __restrict__ maps) {
  __shared__ Moments shared[kThreads];
  join_group(GpuBlock{}, plan, partials, weight, bias, eps, shared, maps);
}

template <int V, bool kSilu, typename T>
__global__ void __launch_bounds__(kThreads)
    apply_kernel(GroupNormPlan plan, const T* __restrict__ x, const ChannelMap* __restrict__ maps,
                 T* __restrict__ y) {
  apply_maps<V, kSilu>(GpuBlock{}, plan, x, maps, y);
}

bool is_supported(const SfvCudaGroupNorm& call) {
  return bytes_of(call.dtype) > 0 && call.pictures > 0 && call.pixels > 0 && call.channels > 0 &&
         call.channels <= INT_MAX / kThreads && call.groups > 0 && call.channels % call.groups == 0 &&
         call.pictures <= INT_MAX / call.channels &&
         call.pixels <= INT64_MAX / 4 / (call.pictures * call.channels);
}

GroupNormPlan plan_of(const SfvCudaGroupNorm& call) {
  const int width = pack_width(call.channels, bytes_of(call.dtype), address_of(call.x) | address_of(call.y));
  return make_group_norm_plan(call.pictures, call.pixels, static_cast<int>(call.channels),
                              static_cast<int>(call.groups), width);
}

template <int V, typename T>
cudaError_t launch(const GroupNormPlan& plan, const SfvCudaGroupNorm& call, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(plan.blocks());
  const auto threads = static_cast<unsigned>(plan.threads());
  const auto* const x = static_cast<const T*>(call.x);
  auto* const partials = static_cast<Moments*>(call.workspace);
  auto* const maps = reinterpret_cast<ChannelMap*>(partials + plan.partials());
  measure_kernel<V><<<blocks, threads, 0, stream>>>(plan, x, partials);
  join_kernel<<<static_cast<unsigned>(plan.pictures * plan.groups), kThreads, 0, stream>>>(
      plan, partials, static_cast<const T*>(call.weight), static_cast<const T*>(call.bias),
      static_cast<float>(call.eps), maps);
  const auto apply = call.silu != 0 ? apply_kernel<V, true, T> : apply_kernel<V, false, T>;
  apply<<<blocks, threads, 0, stream>>>(plan, x, maps, static_cast<T*>(call.y));
  return cudaGetLastError();
}

int64_t workspace_of(const SfvCudaGroupNorm& call) {
  if (!is_supported(call)) return 0;
  const GroupNormPlan plan = plan_of(call);
  if (plan.blocks() > INT_MAX) return 0;
  return plan.partials() * static_cast<int64_t>(sizeof(Moments)) +
         plan.pictures * plan.channels * static_cast<int64_t>(sizeof(ChannelMap));
}

cudaError_t group_norm(const SfvCudaPlace& place, const SfvCudaGroupNorm& call) {
  if (workspace_of(call) == 0) return cudaErrorInvalidValue;
  return launch_at(place, call.dtype, [&](auto number, cudaStream_t stream) {
    using T = decltype(number);
    const GroupNormPlan plan = plan_of(call);
    return plan.vector == 1 ? launch<1, T>(plan, call, stream)
                            : launch<kPackBytes / sizeof(T), T>(plan, call, stream);
  });
}

}  // namespace
}  // namespace sfv::ops::cuda

extern "C" int64_t sfv_cuda_group_norm_workspace(const SfvCudaGroupNorm* call) {
  return sfv::ops::cuda::workspace_of(*call);
}

extern "C" int sfv_cuda_group_norm(const SfvCudaPlace* place, const SfvCudaGroupNorm* call) {
  return sfv::ops::cuda::group_norm(*place, *call);
}
