#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sfv/checkpoint/module_weights.h"

namespace sfv::checkpoint {

/// Random values for the parameters of a network, so that activations keep about their size through all its
/// layers:
///   weights and biases  uniform in +-1/sqrt(fan_in) of the layer's weight, as torch.nn.Linear and Conv2d
///   begin norms               weight 1, bias 0 mix_factor          mix_factor embeddings          uniform in
///   +-1/sqrt(width)
/// A tensor's values depend on the seed, its name and its place only: not on other tensors, the number of
/// threads or the machine.
class RandomWeights {
 public:
  RandomWeights(std::vector<ParameterShape> shapes, uint64_t seed, float mix_factor);
  /// float32. Errors: kInvalidArgument for a name that is not in shapes.
  [[nodiscard]] torch::Tensor make(const std::string& name) const;
  [[nodiscard]] const std::vector<ParameterShape>& shapes() const { return shapes_; }

 private:
  [[nodiscard]] const std::vector<int64_t>* find_shape(const std::string& name) const;

  std::vector<ParameterShape> shapes_;  // sorted by name
  uint64_t seed_;
  float mix_factor_;
};

}  // namespace sfv::checkpoint
