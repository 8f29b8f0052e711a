#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "sfv/nn/layers.h"

namespace sfv::models {

struct PatchDiscriminatorOptions {
  int64_t in_channels = 3;
  int64_t channels = 64;  // of the first layer, >= 1; doubled by each further one, up to 8 times
  int64_t layers = 3;     // that halve the size, 1 to 6
};

/// One opinion for each patch of a picture, frame by frame: `layers` 4x4 convolutions of stride 2, then two
/// of stride 1, the last with one channel; leaky ReLU of slope 0.2 between, GroupNorm before it in all but
/// the first layer. With 3 layers a patch is 70 pixels wide. Source: PatchGAN (Isola et al. 2017,
/// 1611.07004), as VQGAN (2012.09841) uses it; GroupNorm for BatchNorm, so that no clip's judgement depends
/// on another's.
class PatchDiscriminatorImpl : public torch::nn::Module {
 public:
  /// Errors: kInvalidArgument for options out of range.
  explicit PatchDiscriminatorImpl(const PatchDiscriminatorOptions& options);

  /// pixels: [N, in_channels, H, W], about -1..1. Returns logits [N, 1, h, w]. Errors: kInvalidArgument for
  /// pictures smaller than smallest_side().
  torch::Tensor forward(const torch::Tensor& pixels);

  /// Pixels that a picture needs along each side, so that one logit comes out.
  [[nodiscard]] int64_t smallest_side() const;

 private:
  PatchDiscriminatorOptions options_;
  std::vector<nn::Conv2d> convs_;     // conv_0, conv_1, …
  std::vector<nn::GroupNorm> norms_;  // norm_1, … after the convolution of that number
};
TORCH_MODULE(PatchDiscriminator);

}  // namespace sfv::models
