#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sfv/checkpoint/weights.h"
#include "sfv/core/memory_mode.h"

namespace sfv::checkpoint {

struct ParameterShape {
  std::string name;  // key in a checkpoint
  std::vector<int64_t> shape;
};

/// What a network needs from a checkpoint, in the order in which it registers it.
[[nodiscard]] std::vector<ParameterShape> parameter_shapes(const torch::nn::Module& module);

/// Numbers in all parameters of a network.
[[nodiscard]] int64_t count_parameters(const torch::nn::Module& module);

/// What keeps these weights from fitting the network: every missing, unexpected and mis-shaped tensor by name
/// (the first 20 of each kind, and how many more). Empty: they fit.
[[nodiscard]] std::string describe_misfit(const torch::nn::Module& module, const Weights& weights);

/// The keys of the weights that set_weights() leaves in their file.
[[nodiscard]] std::set<std::string> weights_left(const torch::nn::Module& network, WeightHome home);

/// Gives the network its values and makes it ready to run: evaluation mode, no gradients, dtype and device as
/// asked. Weights that have the dtype already are used where they lie in the file; convolution kernels are
/// brought into channels-last order. home: other than kDevice, the large weights of layers stay in the file
/// as they are (nn/fetched_weights.h). where: what the weights are, for messages. Errors: kInvalidFile with
/// describe_misfit's text; then the network is as it was.
void set_weights(torch::nn::Module& module, const Weights& weights, torch::Dtype dtype, torch::Device device,
                 const std::string& where, WeightHome home = WeightHome::kDevice);

}  // namespace sfv::checkpoint
