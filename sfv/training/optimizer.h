#pragma once

#include <string>
#include <vector>

#include "sfv/training/named_tensor.h"

namespace sfv::training {

/// Changes parameters along their gradients. Keeps one state for each parameter from the beginning, so that a
/// checkpoint always has the same tensors. Not thread-safe.
class Optimizer {
 public:
  /// parameters: leaves in float32 or float64 that want gradients. Errors: kInvalidArgument for others, and
  /// for two of one name.
  explicit Optimizer(NamedTensors parameters);
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One step of size learning_rate >= 0 from the gradients there are; a parameter without one stays, and so
  /// does its state.
  void step(double learning_rate);
  /// Forgets the gradients.
  void clear_gradients();

  /// Leaves the parameters where is_own is false to other ranks: step() passes them over from here on, and
  /// their state has no elements any more. is_own: one for each parameter.
  void keep_only(const std::vector<bool>& is_own);

  /// The live state for a checkpoint: "<parameter>.<what>", e.g. "conv_in.weight.momentum". Copying values
  /// into the tensors restores it.
  [[nodiscard]] const NamedTensors& state() const { return state_; }
  /// The parameter that each of state() belongs to, an index into parameters().
  [[nodiscard]] const std::vector<size_t>& parameters_of_state() const { return parameters_of_state_; }
  [[nodiscard]] const NamedTensors& parameters() const { return parameters_; }

 protected:
  /// Makes a state tensor of parameter i, zeros shaped and laid out like it or of `shape`, and returns it.
  torch::Tensor add_state(size_t i, const std::string& what);
  torch::Tensor add_state(size_t i, const std::string& what, at::IntArrayRef shape);
  /// An int64 scalar on the CPU, 0.
  torch::Tensor add_counter(size_t i, const std::string& what);
  /// The step of parameter i, without autograd. gradient: not to be changed.
  virtual void step_one(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient,
                        double learning_rate) = 0;

 private:
  torch::Tensor add(size_t i, const std::string& what, torch::Tensor tensor);

  NamedTensors parameters_, state_;
  std::vector<size_t> parameters_of_state_;
  std::vector<bool> is_own_;  // empty: all
};

}  // namespace sfv::training
