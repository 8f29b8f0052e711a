#include "sfv/ops/cpu_linear.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "sfv/core/cpu_features.h"
#include "sfv/ops/cpu/linear_kernel.h"
#include "sfv/ops/cpu/product_kernel.h"
#include "sfv/ops/own_kernels.h"
#include "sfv/tensor/mixed_precision.h"

namespace sfv::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using OptionalTensor = std::optional<torch::Tensor>;

// Below, the weight's way into oneDNN's own layout costs as much as the product gains.
constexpr int64_t kLeastRows = 64;

using Scalars = c10::List<std::optional<at::Scalar>>;
using LinearPointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const OptionalTensor&,
                                   std::string_view, Scalars, std::optional<std::string_view>);
using LinearOp = c10::TypedOperatorHandle<LinearPointwise>;

// libtorch has oneDNN's product for fused layers only, and no header for it.
const std::optional<LinearOp>& onednn_op() {
  static const std::optional<LinearOp> op = [] {
    const auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
    return found ? std::optional<LinearOp>(found->typed<LinearPointwise>()) : std::nullopt;
  }();
  return op;
}

torch::Tensor onednn_product(const torch::Tensor& x, const torch::Tensor& weight,
                             const OptionalTensor& bias) {
  return onednn_op()->call(x, weight, bias, "none", Scalars(), "");
}

std::vector<int64_t> with_last(const torch::Tensor& x, int64_t size) {
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() = size;
  return sizes;
}

// y: how many numbers a row of the result has. run: cpu::linear or cpu::linear_geglu.
template <typename Run>
torch::Tensor short_product(const torch::Tensor& x, const torch::Tensor& weight, const OptionalTensor& bias,
                            int64_t y_size, const Run& run) {
  const cpu::LinearSizes sizes = {.rows = x.numel() / x.size(-1), .I = x.size(-1), .O = weight.size(0)};
  const torch::Tensor space = at::empty({cpu::linear_workspace(sizes)}, x.options().dtype(at::kByte));
  const torch::Tensor y = at::empty(with_last(x, y_size), x.options());
  if (x.is_meta()) return y;
  const auto bits = [](const torch::Tensor& t) { return static_cast<uint16_t*>(t.data_ptr()); };
  run(sizes, bits(x), bits(weight), bias ? bits(*bias) : nullptr, bits(y),
      static_cast<std::byte*>(space.data_ptr()));
  return y;
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight,
                               const OptionalTensor& bias) {
    context->save_for_backward({x, weight});
    context->saved_data["has_bias"] = bias.has_value();
    if (x.scalar_type() == at::kFloat) return onednn_product(x, weight, bias);
    return short_product(x, weight, bias, weight.size(0), cpu::linear);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], weight = saved[1];
    const int64_t I = x.size(-1), O = weight.size(0);
    const torch::Tensor dy = gradients[0].contiguous(), rows = dy.view({-1, O});
    variable_list result(3);
    const bool is_plain = torch::GradMode::is_enabled() || x.scalar_type() != at::kFloat;
    if (context->needs_input_grad(0))
      result[0] = is_plain ? at::matmul(dy, weight) : onednn_product(dy, weight.t(), {});
    if (context->needs_input_grad(1)) result[1] = at::mm(rows.t(), x.reshape({-1, I}));
    const bool has_bias = context->saved_data["has_bias"].toBool();
    if (has_bias && context->needs_input_grad(2)) result[2] = rows.sum(0);
    return result;
  }
};

bool is_intel() {
  static const bool result = cpu_features().name.find("Intel") != std::string::npos;
  return result;
}

bool is_plain(const torch::Tensor& x, at::ScalarType dtype) {
  return x.scalar_type() == dtype && x.is_contiguous() && x.layout() == at::kStrided;
}

// All of one type, in memory as the products want it, and enough rows.
bool are_plain(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  const at::ScalarType dtype = x.scalar_type();
  return is_plain(x, dtype) && is_plain(weight, dtype) && (!bias.defined() || is_plain(bias, dtype)) &&
         x.dim() >= 2 && x.numel() >= kLeastRows * x.size(-1);
}

bool suits_onednn(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && !is_intel() && onednn_op() &&
         are_plain(x, weight, bias);
}

// outputs: numbers that a row of the result has.
bool suits_short(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                 int64_t outputs) {
  return x.scalar_type() == at::kBFloat16 && takes_own_kernels(x) && !is_mixed() &&
         cpu::short_products() == cpu::ShortProducts::kDotProducts && are_plain(x, weight, bias) &&
         x.size(-1) % cpu::kLinearInputs == 0 && outputs % cpu::kLinearOutputs == 0;
}

OptionalTensor optional(const torch::Tensor& bias) {
  return bias.defined() ? OptionalTensor(bias) : std::nullopt;
}

}  // namespace

OptionalTensor linear_on_cpu(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  const bool is_suitable = suits_onednn(x, weight, bias) || suits_short(x, weight, bias, weight.size(0));
  if (!is_suitable) return std::nullopt;
  return LinearFunction::apply(x, weight, optional(bias));
}

bool suits_linear_geglu(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  return !torch::GradMode::is_enabled() && suits_short(x, weight, bias, weight.size(0) / 2);
}

torch::Tensor linear_geglu_on_cpu(const torch::Tensor& x, const torch::Tensor& weight,
                                  const torch::Tensor& bias) {
  return short_product(x, weight, optional(bias), weight.size(0) / 2, cpu::linear_geglu);
}

}  // namespace sfv::ops
