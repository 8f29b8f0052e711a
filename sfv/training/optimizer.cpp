#include "sfv/training/optimizer.h"

#include <ATen/ops/empty.h>
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
    if (!is_own_.empty() && !is_own_[i]) continue;
    if (parameter.grad().defined()) step_one(i, parameter, parameter.grad(), learning_rate);
  }
}

void Optimizer::clear_gradients() {
  for (NamedTensor& item : parameters_) item.tensor.mutable_grad().reset();
}

void Optimizer::keep_only(const std::vector<bool>& is_own) {
  SFV_CHECK(is_own.size() == parameters_.size(), kInvalidArgument, "[optimizer] expected ",
            parameters_.size(), " answers, got ", is_own.size());
  is_own_ = is_own;
  for (size_t i = 0; i < state_.size(); ++i) {
    torch::Tensor& tensor = state_[i].tensor;
    // Those who hold the tensor lose the memory, too.
    if (!is_own[parameters_of_state_[i]]) tensor.set_data(at::empty({0}, tensor.options()));
  }
}

torch::Tensor Optimizer::add_state(size_t i, const std::string& what) {
  return add(i, what, at::zeros_like(parameters_[i].tensor.detach()));
}

torch::Tensor Optimizer::add_state(size_t i, const std::string& what, at::IntArrayRef shape) {
  return add(i, what, at::zeros(shape, parameters_[i].tensor.options().requires_grad(false)));
}

torch::Tensor Optimizer::add_counter(size_t i, const std::string& what) {
  return add(i, what, at::zeros({}, at::kLong));
}

torch::Tensor Optimizer::add(size_t i, const std::string& what, torch::Tensor tensor) {
  state_.push_back({parameters_[i].name + "." + what, tensor});
  parameters_of_state_.push_back(i);
  return tensor;
}

}  // namespace sfv::training
