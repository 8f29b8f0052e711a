#include "sfv/training/optimizer.h"

#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <set>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::training {

Optimizer::Optimizer(NamedTensors parameters) : parameters_(std::move(parameters)) {
  std::set<std::string> names;
  for (const NamedTensor& item : parameters_) {
    SFV_CHECK(names.insert(item.name).second, kInvalidArgument, "[optimizer] two parameters are called ",
              item.name);
    const auto dtype = item.tensor.scalar_type();
    SFV_CHECK(
        item.tensor.is_leaf() && item.tensor.requires_grad() && (dtype == at::kFloat || dtype == at::kDouble),
        kInvalidArgument, "[optimizer] ", item.name,
        ": expected a float32 or float64 parameter that wants gradients, got ", dtype);
  }
}

void Optimizer::step(double learning_rate) {
  SFV_CHECK(learning_rate >= 0 && std::isfinite(learning_rate), kInvalidArgument,
            "[optimizer] expected a learning rate of 0 or more, got ", learning_rate);
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    torch::Tensor& parameter = parameters_[i].tensor;
    if (parameter.grad().defined()) step_one(i, parameter, parameter.grad(), learning_rate);
  }
}

void Optimizer::clear_gradients() {
  for (NamedTensor& item : parameters_) item.tensor.mutable_grad().reset();
}

torch::Tensor Optimizer::add_state(size_t i, const std::string& what) {
  const torch::Tensor tensor = at::zeros_like(parameters_[i].tensor.detach());
  state_.push_back({parameters_[i].name + "." + what, tensor});
  return tensor;
}

torch::Tensor Optimizer::add_state(size_t i, const std::string& what, at::IntArrayRef shape) {
  const torch::Tensor tensor = at::zeros(shape, parameters_[i].tensor.options().requires_grad(false));
  state_.push_back({parameters_[i].name + "." + what, tensor});
  return tensor;
}

torch::Tensor Optimizer::add_counter(size_t i, const std::string& what) {
  const torch::Tensor tensor = at::zeros({}, at::kLong);
  state_.push_back({parameters_[i].name + "." + what, tensor});
  return tensor;
}

}  // namespace sfv::training
