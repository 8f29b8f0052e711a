#include "sfv/ops/winograd_conv.h"

#include <ATen/Parallel.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <optional>

#include "sfv/core/rounding.h"
#include "sfv/ops/cpu/winograd_kernel.h"
#include "sfv/ops/own_kernels.h"
#include "sfv/tensor/layout.h"

namespace sfv::ops {
namespace {

using cpu::KernelSteps, cpu::WinogradSizes;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using OptionalTensor = std::optional<torch::Tensor>;

// Of C * O, of which the transform takes 144 bytes each. Large ones pay where maps have more than a few
// tiles, up to 300 MB in float32; in bfloat16 direct convolutions are as fast there.
constexpr int64_t kManyWeights = int64_t{1} << 19, kMostWeights = int64_t{1} << 21;

torch::Tensor workspace(int64_t numbers, at::Device device = at::kCPU) {
  return at::empty({numbers}, at::TensorOptions().dtype(at::kFloat).device(device));
}

// weight: [O, C, 3, 3].
KernelSteps steps_of(const torch::Tensor& weight) {
  return {weight.stride(0), weight.stride(1), weight.stride(2), weight.stride(3)};
}

WinogradSizes sizes_of(const torch::Tensor& x, const torch::Tensor& weight, int64_t pad_rows) {
  return {.N = x.size(0),
          .H = x.size(2),
          .W = x.size(3),
          .C = x.size(1),
          .O = weight.size(0),
          .pad_rows = pad_rows};
}

torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                       int64_t pad_rows) {
  const WinogradSizes sizes = sizes_of(x, weight, pad_rows);
  const torch::Tensor y =
      at::empty({sizes.N, sizes.O, sizes.out_height(), sizes.W}, x.options(), at::MemoryFormat::ChannelsLast);
  const torch::Tensor u = workspace(cpu::winograd_kernel_size(sizes.C, sizes.O));
  const torch::Tensor space = workspace(cpu::winograd_workspace(sizes, at::get_num_threads()));
  with_numbers(x, [&](const auto& of) {
    cpu::winograd_kernel(of(weight), steps_of(weight), sizes.C, sizes.O, u.mutable_data_ptr<float>());
    cpu::winograd_conv(sizes, of(x), u.const_data_ptr<float>(), bias.defined() ? of(bias) : nullptr, of(y),
                       space.mutable_data_ptr<float>());
  });
  return y;
}

torch::Tensor weight_gradient(const torch::Tensor& x, const torch::Tensor& dy, const torch::Tensor& weight) {
  const WinogradSizes sizes = {
      .N = x.size(0), .H = x.size(2), .W = x.size(3), .C = x.size(1), .O = weight.size(0)};
  const torch::Tensor dw = at::empty_like(weight);
  const torch::Tensor space = workspace(cpu::winograd_gradient_workspace(sizes));
  with_numbers(x, [&](const auto& of) {
    cpu::winograd_weight_gradient(sizes, of(x), of(dy), of(dw), steps_of(dw),
                                  space.mutable_data_ptr<float>());
  });
  return dw;
}

struct WinogradFunction : torch::autograd::Function<WinogradFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight,
                               const OptionalTensor& bias, int64_t pad_rows) {
    context->save_for_backward({x, weight});
    context->saved_data["has_bias"] = bias.has_value();
    return convolve(x, weight, bias.value_or(torch::Tensor()), pad_rows);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &weight = saved[1];
    const bool has_bias = context->saved_data["has_bias"].toBool();
    const std::array<bool, 3> wanted = {context->needs_input_grad(0), context->needs_input_grad(1),
                                        has_bias && context->needs_input_grad(2)};
    variable_list result(4);
    if (torch::GradMode::is_enabled()) {
      std::tie(result[0], result[1], result[2]) =
          at::convolution_backward(gradients[0], x, weight, at::OptionalIntArrayRef({weight.size(0)}), {1, 1},
                                   {1, 1}, {1, 1}, false, {0, 0}, 1, wanted);
      return result;
    }
    const torch::Tensor dy = as_channels_last(gradients[0]);
    // The kernel turned round, from outputs to inputs.
    if (wanted[0]) result[0] = convolve(dy, weight.transpose(0, 1).flip({2, 3}), {}, 1);
    if (wanted[1]) result[1] = weight_gradient(x, dy, weight);
    if (wanted[2]) result[2] = dy.sum(std::vector<int64_t>{0, 2, 3});
    return result;
  }
};

}  // namespace

bool suits_winograd(const torch::Tensor& x, const torch::Tensor& weight, int64_t stride, int64_t padding) {
  if (!takes_own_kernels(x) || weight.scalar_type() != x.scalar_type()) return false;
  const int64_t O = weight.size(0), C = weight.size(1), H = x.size(2), W = x.size(3);
  if (weight.size(2) != 3 || weight.size(3) != 3 || stride != 1 || padding != 1) return false;
  if (C % cpu::kWinogradChannels != 0 || O % cpu::kWinogradChannels != 0) return false;
  const bool is_float = x.scalar_type() == at::kFloat;
  const bool is_large = C * O > kManyWeights;
  if (is_large && (!is_float || C * O > kMostWeights)) return false;
  constexpr int64_t kTile = cpu::kWinogradTile;
  const int64_t tiles = quotient_up(H, kTile) * quotient_up(W, kTile);
  return tiles >= (!is_float ? 16 : is_large ? 12 : 4) && 2 * tiles * kTile * kTile <= 3 * H * W;
}

torch::Tensor winograd_conv2d(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                              int64_t pad_rows) {
  return WinogradFunction::apply(x, weight, bias.defined() ? OptionalTensor(bias) : std::nullopt, pad_rows);
}

void plan_winograd(const torch::Tensor& x, const torch::Tensor& weight, int64_t pad_rows) {
  const WinogradSizes sizes = sizes_of(x, weight, pad_rows);
  (void)workspace(
      cpu::winograd_kernel_size(sizes.C, sizes.O) + cpu::winograd_workspace(sizes, at::get_num_threads()),
      at::kMeta);
}

}  // namespace sfv::ops
