// libtorch's C++ interface has no torch.utils.checkpoint; this is the same idea (Chen et al. 2016, "Training
// Deep Nets with Sublinear Memory Cost") as an autograd function. Parameters are inputs of the function too,
// so their gradients flow through the engine: hooks see them, and grad() does not write into .grad.
#include "sfv/training/activation_checkpoint.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "sfv/tensor/mixed_precision.h"

namespace sfv::training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Callable = std::function<variable_list(variable_list)>;

/// Everything of a call that is no tensor.
struct Call : torch::CustomClassHolder {
  Callable function;
  int64_t inputs = 0;                    // the rest of the saved tensors are parameters
  at::ScalarType products = at::kFloat;  // what they are computed in, on the backward pass's thread, too
};

struct Checkpoint : torch::autograd::Function<Checkpoint> {
  // tensors: inputs, then parameters.
  static variable_list forward(AutogradContext* context, const c10::intrusive_ptr<Call>& call,
                               at::TensorList tensors) {
    context->set_materialize_grads(false);
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    context->save_for_backward(tensors.vec());
    return call->function({tensors.begin(), tensors.begin() + call->inputs});
  }

  static variable_list backward(AutogradContext* context, const variable_list& output_gradients) {
    const auto call = c10::static_intrusive_pointer_cast<Call>(context->saved_data["call"].toCapsule());
    const variable_list saved = context->get_saved_variables();
    variable_list inputs, wanted;
    std::vector<size_t> places;  // of each wanted tensor in saved
    for (size_t i = 0; i < saved.size(); ++i) {
      const bool is_input = static_cast<int64_t>(i) < call->inputs;
      torch::Tensor tensor = saved[i];
      if (is_input) inputs.push_back(tensor = saved[i].detach().set_requires_grad(saved[i].requires_grad()));
      if (!tensor.requires_grad()) continue;
      wanted.push_back(tensor);
      places.push_back(i);
    }
    variable_list outputs, gradients;
    {
      const torch::AutoGradMode with_graph(true);
      const MixedPrecision scope(call->products);
      const variable_list results = call->function(inputs);
      for (size_t i = 0; i < results.size(); ++i) {
        if (!results[i].requires_grad() || !output_gradients[i].defined()) continue;
        outputs.push_back(results[i]);
        gradients.push_back(output_gradients[i]);
      }
    }
    variable_list all(saved.size() + 1);  // the first is for the call, which has no gradient
    if (outputs.empty()) return all;
    const variable_list found =
        torch::autograd::grad(outputs, wanted, gradients, /*retain_graph=*/std::nullopt,
                              /*create_graph=*/false, /*allow_unused=*/true);
    for (size_t i = 0; i < found.size(); ++i) all[places[i] + 1] = found[i];
    return all;
  }
};

}  // namespace

std::vector<torch::Tensor> checkpointed(
    const std::function<std::vector<torch::Tensor>(std::vector<torch::Tensor>)>& function,
    const std::vector<torch::Tensor>& inputs, const std::vector<torch::Tensor>& parameters) {
  if (!torch::GradMode::is_enabled()) return function(inputs);
  auto call = c10::make_intrusive<Call>();
  call->function = function;
  call->inputs = static_cast<int64_t>(inputs.size());
  call->products = MixedPrecision::current();
  variable_list tensors = inputs;
  tensors.insert(tensors.end(), parameters.begin(), parameters.end());
  // As a TensorList: of a vector the engine would see no tensors.
  return Checkpoint::apply(call, at::TensorList(tensors));
}

models::BlockRunner make_checkpointing_runner(std::vector<std::string> blocks) {
  return [blocks = std::move(blocks)](const models::BlockCall& call, std::vector<torch::Tensor> inputs) {
    const bool is_chosen =
        blocks.empty() || std::any_of(blocks.begin(), blocks.end(), [&](const std::string& block) {
          return call.name == block || call.name.starts_with(block + ".");
        });
    return is_chosen ? checkpointed(call.function, inputs, call.parameters)
                     : call.function(std::move(inputs));
  };
}

}  // namespace sfv::training
