#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <vector>

namespace sfv::training {

/// A tensor under the name it has in a checkpoint. The tensor is a reference to the live one: copying into it
/// restores it.
struct NamedTensor {
  std::string name;
  torch::Tensor tensor;
};
using NamedTensors = std::vector<NamedTensor>;

/// The parameters of a network that want gradients, by their keys, in the order they are registered.
[[nodiscard]] inline NamedTensors trainable_parameters(const torch::nn::Module& module) {
  NamedTensors parameters;
  for (const auto& item : module.named_parameters())
    if (item.value().requires_grad()) parameters.push_back({item.key(), item.value()});
  return parameters;
}

}  // namespace sfv::training
