// One kernel for normalisation and activation, and an autograd function around it.
#include "sfv/ops/fused_group_norm.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sigmoid.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "sfv/ops/cpu/group_norm_kernel.h"
#include "sfv/tensor/layout.h"

namespace sfv::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

cpu::GroupNormSizes sizes_of(const torch::Tensor& x, int64_t groups) {
  return {.pictures = x.size(0), .pixels = x.size(2) * x.size(3), .channels = x.size(1), .groups = groups};
}

// The backward pass once more in operators that have gradients themselves. Shapes: [N, G, C/G, H*W].
variable_list differentiable_backward(const torch::Tensor& dy, const torch::Tensor& x, int64_t groups,
                                      const torch::Tensor& weight, const torch::Tensor& bias, double eps,
                                      bool silu) {
  const int64_t N = x.size(0), C = x.size(1);
  const std::vector<int64_t> grouped = {N, groups, C / groups, x.size(2) * x.size(3)};
  const std::vector<int64_t> per_channel = {1, groups, C / groups, 1};
  const torch::Tensor values = x.contiguous().view(grouped);
  const torch::Tensor centered = values - values.mean({2, 3}, true);
  const torch::Tensor rstd = (centered.square().mean({2, 3}, true) + eps).rsqrt();
  const torch::Tensor xhat = centered * rstd;
  const torch::Tensor gamma = weight.view(per_channel);
  torch::Tensor dz = dy.contiguous().view(grouped);
  if (silu) {
    const torch::Tensor z = xhat * gamma + bias.view(per_channel);
    const torch::Tensor s = at::sigmoid(z);
    dz = dz * (s + z * s * (1 - s));
  }
  const torch::Tensor weighted = dz * gamma;
  const torch::Tensor dx =
      rstd * (weighted - weighted.mean({2, 3}, true) - xhat * (weighted * xhat).mean({2, 3}, true));
  const auto per_channel_sum = [C](const torch::Tensor& t) {
    return t.sum(std::vector<int64_t>{0, 3}).view({C});
  };
  return {dx.view_as(x), per_channel_sum(dz * xhat), per_channel_sum(dz)};
}

class GroupNormFunction : public torch::autograd::Function<GroupNormFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, int64_t groups,
                               const torch::Tensor& weight, const torch::Tensor& bias, double eps,
                               bool silu) {
    const torch::Tensor y = at::empty_like(x, at::MemoryFormat::ChannelsLast);
    const torch::Tensor mean = at::empty({x.size(0), groups}, x.options());
    const torch::Tensor rstd = at::empty_like(mean);
    cpu::group_norm_forward(sizes_of(x, groups), x.const_data_ptr<float>(), weight.const_data_ptr<float>(),
                            bias.const_data_ptr<float>(), eps, silu, y.mutable_data_ptr<float>(),
                            mean.mutable_data_ptr<float>(), rstd.mutable_data_ptr<float>());
    context->save_for_backward({x, weight, bias, mean, rstd});
    context->saved_data["groups"] = groups;
    context->saved_data["eps"] = eps;
    context->saved_data["silu"] = silu;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
    const int64_t groups = context->saved_data["groups"].toInt();
    const bool silu = context->saved_data["silu"].toBool();
    if (torch::GradMode::is_enabled()) {
      const double eps = context->saved_data["eps"].toDouble();
      const variable_list d = differentiable_backward(gradients[0], x, groups, weight, bias, eps, silu);
      return {d[0], {}, d[1], d[2], {}, {}};
    }
    const torch::Tensor dy = as_channels_last(gradients[0]);
    const torch::Tensor dx = at::empty_like(x, at::MemoryFormat::ChannelsLast);
    const torch::Tensor dweight = at::empty_like(weight);
    const torch::Tensor dbias = at::empty_like(bias);
    cpu::group_norm_backward(sizes_of(x, groups), dy.const_data_ptr<float>(), x.const_data_ptr<float>(),
                             saved[3].const_data_ptr<float>(), saved[4].const_data_ptr<float>(),
                             weight.const_data_ptr<float>(), bias.const_data_ptr<float>(), silu,
                             dx.mutable_data_ptr<float>(), dweight.mutable_data_ptr<float>(),
                             dbias.mutable_data_ptr<float>());
    return {dx, {}, dweight, dbias, {}, {}};
  }
};

bool is_channel_vector(const torch::Tensor& v, int64_t C) {
  return v.defined() && v.dim() == 1 && v.size(0) == C && v.is_contiguous() && v.is_cpu() &&
         v.scalar_type() == torch::kFloat32;
}

}  // namespace

std::optional<torch::Tensor> group_norm_on_cpu(const torch::Tensor& x, int64_t groups,
                                               const torch::Tensor& weight, const torch::Tensor& bias,
                                               double eps, Activation activation) {
  const bool is_suitable = x.is_cpu() && x.dim() == 4 && x.scalar_type() == torch::kFloat32 &&
                           x.numel() > 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast) && groups > 0 &&
                           x.size(1) % groups == 0 && is_channel_vector(weight, x.size(1)) &&
                           is_channel_vector(bias, x.size(1));
  if (!is_suitable) return std::nullopt;
  return GroupNormFunction::apply(x, groups, weight, bias, eps, activation == Activation::kSilu);
}

}  // namespace sfv::ops
