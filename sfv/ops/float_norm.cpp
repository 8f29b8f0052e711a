// libtorch's norms on a GPU take statistics of short numbers in short numbers, or refuse weights of another
// type.
#include "sfv/ops/float_norm.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace sfv::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Norm : torch::CustomClassHolder {
  FloatNorm function;
};

struct NormInFloat : torch::autograd::Function<NormInFloat> {
  static torch::Tensor forward(AutogradContext* context, const c10::intrusive_ptr<Norm>& norm,
                               const torch::Tensor& x, const torch::Tensor& weight,
                               const torch::Tensor& bias) {
    context->saved_data["norm"] = c10::IValue::make_capsule(norm);
    context->save_for_backward({x, weight, bias});
    return norm->function(x.to(at::kFloat), weight.to(at::kFloat), bias.to(at::kFloat)).to(x.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto norm = c10::static_intrusive_pointer_cast<Norm>(context->saved_data["norm"].toCapsule());
    const variable_list saved = context->get_saved_variables();
    // With gradients of gradients wanted, the second run hangs on to x and the weights themselves.
    const bool is_twice = torch::GradMode::is_enabled();
    const torch::AutoGradMode with_graph(true);
    variable_list inputs;
    for (const torch::Tensor& tensor : saved) {
      torch::Tensor input = tensor.to(at::kFloat);
      if (!is_twice || !input.requires_grad()) input = input.detach().requires_grad_(true);
      inputs.push_back(input);
    }
    const torch::Tensor y = norm->function(inputs[0], inputs[1], inputs[2]);
    const torch::AutoGradMode as_before(is_twice);
    variable_list found = torch::autograd::grad({y}, inputs, {gradients[0].to(at::kFloat)},
                                                /*retain_graph=*/std::nullopt, /*create_graph=*/is_twice);
    for (size_t i = 0; i < found.size(); ++i) found[i] = found[i].to(saved[i].scalar_type());
    return {{}, found[0], found[1], found[2]};
  }
};

}  // namespace

torch::Tensor norm_in_float(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                            FloatNorm norm) {
  auto holder = c10::make_intrusive<Norm>();
  holder->function = std::move(norm);
  return NormInFloat::apply(holder, x, weight, bias);
}

}  // namespace sfv::ops
