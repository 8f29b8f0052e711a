#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <array>
#include <cstdint>
#include <vector>

namespace sfv::models {

/// A 3-D convolution whose padding keeps ceil(size / stride) places, then batch normalisation with stored
/// statistics (eps 1e-5) and ReLU; the last layer has a bias instead. Keys conv3d.weight, conv3d.bias,
/// bn.weight, bn.bias, bn.running_mean, bn.running_var.
class Unit3dImpl : public torch::nn::Module {
 public:
  struct Options {
    int64_t kernel = 1;
    bool is_normalized = true;
  };
  Unit3dImpl(int64_t in_channels, int64_t out_channels, Options options);

  /// The convolution that does the normalisation too: kernel [out, in, k, k, k] and bias [out].
  struct Folded {
    torch::Tensor kernel;
    torch::Tensor bias;
  };
  [[nodiscard]] Folded fold() const;

 private:
  torch::Tensor kernel_, bias_;                               // of the convolution; no bias where normalised
  torch::Tensor scale_, shift_, running_mean_, running_var_;  // of the normalisation
};
TORCH_MODULE(Unit3d);

/// Four branches over the same input, joined: 1x1x1; 1x1x1 and 3x3x3, twice; 3x3x3 maxima and 1x1x1. Keys b0,
/// b1a, b1b, b2a, b2b, b3b.
class InceptionModuleImpl : public torch::nn::Module {
 public:
  /// widths: channels of b0, b1a, b1b, b2a, b2b, b3b.
  InceptionModuleImpl(int64_t in_channels, const std::array<int64_t, 6>& widths);
  /// x: [N, in_channels, T, H, W] -> [N, b0 + b1b + b2b + b3b, T, H, W], channels-last, >= 0
  torch::Tensor forward(const torch::Tensor& x) const;

 private:
  Unit3d b0_, b1a_, b1b_, b2a_, b2b_, b3b_;
};
TORCH_MODULE(InceptionModule);

/// I3D on RGB: 400 logits of Kinetics, the numbers that FVD is taken in. For evaluation only: no dropout, no
/// gradient. Keys are those of the PyTorch port (piergiaj/pytorch-i3d, which cd-fvd uses), less
/// num_batches_tracked. Source: Carreira and Zisserman 2017, "Quo Vadis, Action Recognition?".
class InceptionI3dImpl : public torch::nn::Module {
 public:
  static constexpr int64_t kSide = 224;     // pixels
  static constexpr int64_t kMinFrames = 9;  // fewer leave the last pooling less than its two steps
  static constexpr int64_t kLogits = 400;

  InceptionI3dImpl();
  /// x: [N, 3, T, 224, 224], float32, -1..1, T >= 9. Returns [N, 400], the mean over time of the logits.
  /// Errors: kInvalidArgument for another shape.
  torch::Tensor forward(const torch::Tensor& x);

 private:
  Unit3d conv_1a_, conv_2b_, conv_2c_;
  std::vector<InceptionModule> mixed_3_, mixed_4_, mixed_5_;
  Unit3d logits_;
};
TORCH_MODULE(InceptionI3d);

}  // namespace sfv::models
