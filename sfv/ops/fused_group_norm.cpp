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
variable_list differentiable_backward(const torch::Tensor& given_dy, const torch::Tensor& given_x,
                                      int64_t groups, const torch::Tensor& weight, const torch::Tensor& bias,
                                      double eps, bool silu) {
  const torch::Tensor x = given_x.to(at::kFloat), dy = given_dy.to(at::kFloat);
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
  return {dx.view_as(x).to(given_x.scalar_type()), per_channel_sum(dz * xhat), per_channel_sum(dz)};
}

const cpu::Bf16* bf16_of(const torch::Tensor& x) {
  return reinterpret_cast<const cpu::Bf16*>(x.const_data_ptr<at::BFloat16>());
}
cpu::Bf16* mutable_bf16_of(const torch::Tensor& x) {
  return reinterpret_cast<cpu::Bf16*>(x.mutable_data_ptr<at::BFloat16>());
}

// The kernels for x's type.
void run_forward(const torch::Tensor& x, int64_t groups, const torch::Tensor& weight,
                 const torch::Tensor& bias, double eps, bool silu, const torch::Tensor& y,
                 const torch::Tensor& mean, const torch::Tensor& rstd) {
  const auto run = [&](const auto* from, auto* to) {
    cpu::group_norm_forward(sizes_of(x, groups), from, weight.const_data_ptr<float>(),
                            bias.const_data_ptr<float>(), eps, silu, to, mean.mutable_data_ptr<float>(),
                            rstd.mutable_data_ptr<float>());
  };
  if (x.scalar_type() == at::kBFloat16) return run(bf16_of(x), mutable_bf16_of(y));
  run(x.const_data_ptr<float>(), y.mutable_data_ptr<float>());
}

// saved: x, weight, bias, mean, rstd.
variable_list run_backward(const torch::Tensor& dy, const variable_list& saved, int64_t groups, bool silu) {
  const torch::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
  const torch::Tensor dx = at::empty_like(x, at::MemoryFormat::ChannelsLast);
  const torch::Tensor dweight = at::empty_like(weight), dbias = at::empty_like(bias);
  const auto run = [&](const auto* from, const auto* input, auto* to) {
    cpu::group_norm_backward(sizes_of(x, groups), from, input, saved[3].const_data_ptr<float>(),
                             saved[4].const_data_ptr<float>(), weight.const_data_ptr<float>(),
                             bias.const_data_ptr<float>(), silu, to, dweight.mutable_data_ptr<float>(),
                             dbias.mutable_data_ptr<float>());
  };
  if (x.scalar_type() == at::kBFloat16) {
    run(bf16_of(dy), bf16_of(x), mutable_bf16_of(dx));
  } else {
    run(dy.const_data_ptr<float>(), x.const_data_ptr<float>(), dx.mutable_data_ptr<float>());
  }
  return {dx, dweight, dbias};
}

class GroupNormFunction : public torch::autograd::Function<GroupNormFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, int64_t groups,
                               const torch::Tensor& weight, const torch::Tensor& bias, double eps,
                               bool silu) {
    const torch::Tensor y = at::empty_like(x, at::MemoryFormat::ChannelsLast);
    const torch::Tensor mean = at::empty({x.size(0), groups}, weight.options());
    const torch::Tensor rstd = at::empty_like(mean);
    run_forward(x, groups, weight, bias, eps, silu, y, mean, rstd);
    context->save_for_backward({x, weight, bias, mean, rstd});
    context->saved_data["groups"] = groups;
    context->saved_data["eps"] = eps;
    context->saved_data["silu"] = silu;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const int64_t groups = context->saved_data["groups"].toInt();
    const bool silu = context->saved_data["silu"].toBool();
    if (torch::GradMode::is_enabled()) {
      const double eps = context->saved_data["eps"].toDouble();
      const variable_list d =
          differentiable_backward(gradients[0], saved[0], groups, saved[1], saved[2], eps, silu);
      return {d[0], {}, d[1], d[2], {}, {}};
    }
    const variable_list d = run_backward(as_channels_last(gradients[0]), saved, groups, silu);
    return {d[0], {}, d[1], d[2], {}, {}};
  }
};

bool is_float_or_bf16(const torch::Tensor& x) {
  return x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
}

bool is_channel_vector(const torch::Tensor& v, int64_t C) {
  return v.defined() && v.dim() == 1 && v.size(0) == C && v.is_contiguous() && v.is_cpu() &&
         is_float_or_bf16(v);
}

}  // namespace

std::optional<torch::Tensor> group_norm_on_cpu(const torch::Tensor& x, int64_t groups,
                                               const torch::Tensor& weight, const torch::Tensor& bias,
                                               double eps, Activation activation) {
  const bool is_suitable = x.is_cpu() && x.dim() == 4 && is_float_or_bf16(x) && x.numel() > 0 &&
                           x.is_contiguous(at::MemoryFormat::ChannelsLast) && groups > 0 &&
                           x.size(1) % groups == 0 && is_channel_vector(weight, x.size(1)) &&
                           is_channel_vector(bias, x.size(1));
  if (!is_suitable) return std::nullopt;
  return GroupNormFunction::apply(x, groups, weight.to(at::kFloat), bias.to(at::kFloat), eps,
                                  activation == Activation::kSilu);
}

}  // namespace sfv::ops
