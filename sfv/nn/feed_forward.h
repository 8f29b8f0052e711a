#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace sfv::nn {

/// GEGLU to four times the width and back. Keys net.0.proj and net.2, as diffusers' FeedForward. Source:
/// svd.md section 3.5.
class FeedForwardImpl : public torch::nn::Module {
 public:
  explicit FeedForwardImpl(int64_t channels);
  /// x: [N, S, C] -> [N, S, C]. Without gradients it runs in slices of N, so the wide tensors stay small.
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::nn::ModuleList net_;
};
TORCH_MODULE(FeedForward);

}  // namespace sfv::nn
