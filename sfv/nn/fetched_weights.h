#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

/// Weights that are not where and as they compute until they are needed: in a mapped file, in another type
/// perhaps (WeightHome in core/memory_mode.h).
namespace sfv::nn {

/// The keys of a network's weights that may be so: those of Linear, Conv2d and TemporalConv with at least
/// 65536 numbers, practically all of a network. Their layers bring them by fetch() each time they run.
[[nodiscard]] std::set<std::string> fetched_weights(const torch::nn::Module& network);

/// A layer's weight where x is, in x's type; itself if it is so already, or with gradients, which want the
/// weight itself.
[[nodiscard]] torch::Tensor fetch(const torch::Tensor& weight, const torch::Tensor& x);

/// While it lives, all of a network's weights are on a device, in a type, in the order that kernels read;
/// those that are so already are left alone. Then they are where they were again.
class BroughtWeights {
 public:
  /// Seconds for a large network; this thread's WorkMeter (core/work.h) may stop it between two weights, and
  /// then all are where they were.
  BroughtWeights(torch::nn::Module& network, torch::Dtype dtype, torch::Device device);
  ~BroughtWeights();
  BroughtWeights(const BroughtWeights&) = delete;
  BroughtWeights& operator=(const BroughtWeights&) = delete;

 private:
  BroughtWeights() = default;

  std::vector<std::pair<torch::Tensor, torch::Tensor>> homes_;  // a parameter and what it was
};

}  // namespace sfv::nn
