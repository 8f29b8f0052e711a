#include "sfv/ops/group_norm.h"

#include <ATen/ops/group_norm.h>
#include <ATen/ops/silu.h>

#include "sfv/core/trace.h"
#include "sfv/core/work.h"
#include "sfv/ops/cost.h"
#include "sfv/ops/cuda_kernels.h"
#include "sfv/ops/float_norm.h"
#include "sfv/ops/fused_group_norm.h"
#include "sfv/ops/shape_only.h"
#include "sfv/tensor/layout.h"
#include "sfv/tensor/planned_memory.h"

namespace sfv::ops {
namespace {

// Mean and deviation of each group are kept. As our kernel does, an activation that follows needs no more.
torch::Tensor shape_of_norm(const torch::Tensor& x, int64_t groups, const torch::Tensor& weight,
                            const torch::Tensor& bias) {
  return shape_only({x, weight, bias}, x.sizes(), x.scalar_type(), at::MemoryFormat::ChannelsLast,
                    2 * x.size(0) * groups);
}

}  // namespace

torch::Tensor group_norm(const torch::Tensor& x, int64_t groups, const torch::Tensor& weight,
                         const torch::Tensor& bias, double eps, Activation activation) {
  const TraceSpan span(TraceKind::kOperator, "group_norm");
  count_work(kNormCost * static_cast<double>(x.numel()));
  const torch::Tensor input = as_channels_last(x);
  if (x.is_meta() && (computes_on_cpu(x) || !torch::GradMode::is_enabled()))
    return shape_of_norm(input, groups, weight, bias);
  if (auto fused = group_norm_on_cuda(input, groups, weight, bias, eps, activation)) return *fused;
  if (auto fused = group_norm_on_cpu(input, groups, weight, bias, eps, activation)) return *fused;
  const auto norm = [groups, eps, activation](const torch::Tensor& in, const torch::Tensor& w,
                                              const torch::Tensor& b) {
    torch::Tensor y = in.is_meta() ? shape_of_norm(in, groups, w, b)
                                   : as_channels_last(at::group_norm(in, groups, w, b, eps));
    if (activation == Activation::kNone) return y;
    return torch::GradMode::is_enabled() ? at::silu(y) : at::silu_(y);
  };
  const bool is_short = x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf;
  // Without gradients short weights are those of inference, which libtorch takes as they are.
  if (is_short && (torch::GradMode::is_enabled() || weight.scalar_type() != x.scalar_type()))
    return norm_in_float(input, weight, bias, norm);
  return norm(input, weight, bias);
}

torch::Tensor temporal_group_norm(const torch::Tensor& x, int64_t frames, int64_t groups,
                                  const torch::Tensor& weight, const torch::Tensor& bias, double eps,
                                  Activation activation) {
  const int64_t N = x.size(0), C = x.size(1), H = x.size(2), W = x.size(3);
  // One tall picture a video: the statistics of [B, C, F*H, W] are those of [B, C, F, H, W].
  const torch::Tensor video = as_nhwc(x).view({N / frames, frames * H, W, C}).permute({0, 3, 1, 2});
  const torch::Tensor y = group_norm(video, groups, weight, bias, eps, activation);
  return as_nhwc(y).view({N, H, W, C}).permute({0, 3, 1, 2});
}

}  // namespace sfv::ops
