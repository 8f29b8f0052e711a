#include "sfv/ops/onednn_linear.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>
#include <torch/csrc/autograd/custom_function.h>

#include "sfv/core/cpu_features.h"

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

torch::Tensor product(const torch::Tensor& x, const torch::Tensor& weight, const OptionalTensor& bias) {
  return onednn_op()->call(x, weight, bias, "none", Scalars(), "");
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight,
                               const OptionalTensor& bias) {
    context->save_for_backward({x, weight});
    context->saved_data["has_bias"] = bias.has_value();
    return product(x, weight, bias);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], weight = saved[1];
    const int64_t I = x.size(-1), O = weight.size(0);
    const torch::Tensor dy = gradients[0].contiguous(), rows = dy.view({-1, O});
    variable_list result(3);
    if (context->needs_input_grad(0))
      result[0] = torch::GradMode::is_enabled() ? at::matmul(dy, weight) : product(dy, weight.t(), {});
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

bool is_plain_float(const torch::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous() && x.layout() == at::kStrided;
}

}  // namespace

std::optional<torch::Tensor> linear_by_onednn(const torch::Tensor& x, const torch::Tensor& weight,
                                              const torch::Tensor& bias) {
  const bool is_suitable = !is_intel() && onednn_op() && is_plain_float(x) && is_plain_float(weight) &&
                           (!bias.defined() || is_plain_float(bias)) && x.dim() >= 2 &&
                           x.numel() >= kLeastRows * x.size(-1);
  if (!is_suitable) return std::nullopt;
  return LinearFunction::apply(x, weight, bias.defined() ? OptionalTensor(bias) : std::nullopt);
}

}  // namespace sfv::ops
