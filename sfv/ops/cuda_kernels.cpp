// Tensors to the plain calls of sfv/ops/cuda/kernels.h. Nothing here names CUDA or links to it: streams and
// the current GPU go through c10's registry of devices, which libtorch's CUDA library fills when it is
// loaded.
#include "sfv/ops/cuda_kernels.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <vector>

#include "sfv/core/check.h"
#include "sfv/ops/cuda_library.h"

namespace sfv::ops {
namespace {

// What a call needs besides its tensors.
struct Target {
  const CudaLibrary* library;
  SfvCudaPlace place;
  SfvCudaDtype dtype;
};

std::optional<SfvCudaDtype> dtype_of(const torch::Tensor& x) {
  if (x.scalar_type() == torch::kFloat32) return kSfvCudaFloat32;
  if (x.scalar_type() == torch::kFloat16) return kSfvCudaFloat16;
  if (x.scalar_type() == torch::kBFloat16) return kSfvCudaBfloat16;
  return std::nullopt;
}

// The cudaStream_t of a libtorch stream. Older libtorch tells it through its CUDA headers only; there the
// default stream (number 0, the null handle) is the one that is known.
template <typename Stream>
std::optional<void*> handle_of(const Stream& stream) {
  if constexpr (requires { stream.native_handle(); }) {
    return stream.native_handle();
  } else {
    return stream.id() == 0 ? std::optional<void*>(nullptr) : std::nullopt;
  }
}

// nullopt where x is not for our kernels, whatever its shape.
std::optional<Target> target_of(const torch::Tensor& x) {
  if (!x.is_cuda() || torch::GradMode::is_enabled() || x.numel() == 0) return std::nullopt;
  const std::optional<SfvCudaDtype> dtype = dtype_of(x);
  if (!dtype) return std::nullopt;
  const CudaLibrary* library = cuda_library_for(x.device().index());
  if (library == nullptr) return std::nullopt;
  const std::optional<void*> stream =
      handle_of(c10::impl::VirtualGuardImpl(torch::kCUDA).getStream(x.device()));
  if (!stream) return std::nullopt;
  return Target{library, {.device = x.device().index(), .stream = *stream}, *dtype};
}

// weight or bias of x's kind, one number a channel.
bool is_channel_vector(const torch::Tensor& v, const torch::Tensor& x) {
  return v.defined() && v.dim() == 1 && v.size(0) == x.size(1) && v.is_contiguous() &&
         v.device() == x.device() && v.scalar_type() == x.scalar_type();
}

void check_started(const Target& target, const char* name, int error) {
  SFV_CHECK(error == 0, kDevice, "[", name, "] cuda:", target.place.device,
            ": expected the kernel to start, got error ", error, " (", target.library->error_text(error),
            "); without libsfv_cuda.so the GPU computes with libtorch's kernels");
}

}  // namespace

std::optional<torch::Tensor> group_norm_on_cuda(const torch::Tensor& x, int64_t groups,
                                                const torch::Tensor& weight, const torch::Tensor& bias,
                                                double eps, Activation activation) {
  const bool is_suitable = x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
                           is_channel_vector(weight, x) && is_channel_vector(bias, x);
  if (!is_suitable) return std::nullopt;
  const std::optional<Target> target = target_of(x);
  if (!target) return std::nullopt;
  const c10::DeviceGuard guard(x.device());
  const torch::Tensor y = at::empty_like(x, at::MemoryFormat::ChannelsLast);
  SfvCudaGroupNorm call = {.pictures = x.size(0),
                           .pixels = x.size(2) * x.size(3),
                           .channels = x.size(1),
                           .groups = groups,
                           .eps = eps,
                           .dtype = target->dtype,
                           .silu = activation == Activation::kSilu ? 1 : 0,
                           .x = x.const_data_ptr(),
                           .weight = weight.const_data_ptr(),
                           .bias = bias.const_data_ptr(),
                           .y = y.mutable_data_ptr(),
                           .workspace = nullptr};
  const int64_t bytes = target->library->group_norm_workspace(&call);
  if (bytes == 0) return std::nullopt;
  // Freed before the kernels are done, yet safe: libtorch gives it out again on the same stream only.
  const torch::Tensor workspace = at::empty({bytes}, x.options().dtype(torch::kUInt8));
  call.workspace = workspace.mutable_data_ptr();
  check_started(*target, "group_norm", target->library->group_norm(&target->place, &call));
  return y;
}

std::optional<torch::Tensor> geglu_on_cuda(const torch::Tensor& p) {
  if (p.dim() == 0 || p.size(-1) % 2 != 0 || !p.is_contiguous()) return std::nullopt;
  const std::optional<Target> target = target_of(p);
  if (!target) return std::nullopt;
  const c10::DeviceGuard guard(p.device());
  const int64_t channels = p.size(-1) / 2;
  std::vector<int64_t> shape = p.sizes().vec();
  shape.back() = channels;
  const torch::Tensor y = at::empty(shape, p.options());
  const SfvCudaGeglu call = {.rows = p.numel() / (2 * channels),
                             .channels = channels,
                             .dtype = target->dtype,
                             .p = p.const_data_ptr(),
                             .y = y.mutable_data_ptr()};
  check_started(*target, "geglu", target->library->geglu(&target->place, &call));
  return y;
}

std::optional<torch::Tensor> temporal_attention_on_cuda(const torch::Tensor& q, const torch::Tensor& k,
                                                        const torch::Tensor& v, int64_t heads) {
  if (!q.is_cuda()) return std::nullopt;
  const int64_t D = q.size(3) / heads;
  constexpr int64_t kMostFrames = 32, kPackBytes = 16;
  for (const torch::Tensor& x : {q, k, v}) {
    if (!x.is_contiguous() || x.sizes() != q.sizes() || x.scalar_type() != q.scalar_type() ||
        x.device() != q.device() || reinterpret_cast<uintptr_t>(x.const_data_ptr()) % kPackBytes != 0)
      return std::nullopt;
  }
  // In float32 a sequence of 128 numbers a frame would not fit into shared memory.
  const bool is_suitable = q.size(1) <= kMostFrames && (D == 32 || D == 64 || D == 128) &&
                           q.size(1) * D * q.element_size() <= 16 << 10;
  if (!is_suitable) return std::nullopt;
  const std::optional<Target> target = target_of(q);
  if (!target) return std::nullopt;
  const c10::DeviceGuard guard(q.device());
  const torch::Tensor y = at::empty_like(q);
  const SfvCudaTemporalAttention call = {.videos = q.size(0),
                                         .frames = q.size(1),
                                         .pixels = q.size(2),
                                         .heads = heads,
                                         .width = D,
                                         .dtype = target->dtype,
                                         .q = q.const_data_ptr(),
                                         .k = k.const_data_ptr(),
                                         .v = v.const_data_ptr(),
                                         .y = y.mutable_data_ptr()};
  check_started(*target, "temporal_attention", target->library->temporal_attention(&target->place, &call));
  return y;
}

}  // namespace sfv::ops
