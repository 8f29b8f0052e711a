#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace sfv::nn {

/// Mixes what a block computed per frame with what it computed over time, by one learned number.
/// alpha = sigmoid(mix_factor); out = alpha * spatial + (1 - alpha) * temporal. The VAE's decoder has the
/// weights swapped. Source: svd.md section 3.4.
class AlphaBlenderImpl : public torch::nn::Module {
 public:
  explicit AlphaBlenderImpl(bool switch_spatial_to_temporal_mix = false);
  /// spatial, temporal: tensors of one shape and dtype.
  torch::Tensor forward(const torch::Tensor& spatial, const torch::Tensor& temporal) const;

  torch::Tensor mix_factor;  // [1]

 private:
  bool switch_;
};
TORCH_MODULE(AlphaBlender);

}  // namespace sfv::nn
