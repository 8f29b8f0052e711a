#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace sfv::nn {

/// StyleGAN-T's normalisation of discriminator heads: batch statistics of small groups, no running ones. What
/// is normalised together: frames of neighbouring places in the batch with all their pixels, or, over time,
/// neighbouring pixels with all their frames. Groups have 8 members, or the next smaller number that divides.
/// Source: Sauer et al. 2023, "StyleGAN-T", BatchNormLocal.
class BatchNormLocalImpl : public torch::nn::Module {
 public:
  explicit BatchNormLocalImpl(int64_t channels, double eps = 1e-5);
  /// Groups of frames. x: [(B F), C, H, W], channels-last, as is the result.
  torch::Tensor forward(const torch::Tensor& x) const;
  /// Groups of pixels. x: the same.
  torch::Tensor forward_video(const torch::Tensor& x, int64_t frames) const;

  torch::Tensor weight;  // [channels]
  torch::Tensor bias;    // [channels]

 private:
  double eps_;
};
TORCH_MODULE(BatchNormLocal);

}  // namespace sfv::nn
