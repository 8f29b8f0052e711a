#include "sfv/ops/group_norm.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/silu.h>

#include "sfv/core/work.h"
#include "sfv/ops/cost.h"
#include "sfv/ops/cuda_kernels.h"
#include "sfv/ops/fused_group_norm.h"
#include "sfv/tensor/layout.h"

namespace sfv::ops {

torch::Tensor group_norm(const torch::Tensor& x, int64_t groups, const torch::Tensor& weight,
                         const torch::Tensor& bias, double eps, Activation activation) {
  count_work(kNormCost * static_cast<double>(x.numel()));
  if (x.is_meta()) return at::empty_like(x, at::MemoryFormat::ChannelsLast);
  const torch::Tensor input = as_channels_last(x);
  if (auto fused = group_norm_on_cuda(input, groups, weight, bias, eps, activation)) return *fused;
  if (auto fused = group_norm_on_cpu(input, groups, weight, bias, eps, activation)) return *fused;
  torch::Tensor y = as_channels_last(at::group_norm(input, groups, weight, bias, eps));
  if (activation == Activation::kNone) return y;
  if (torch::GradMode::is_enabled()) return at::silu(y);
  return at::silu_(y);
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
