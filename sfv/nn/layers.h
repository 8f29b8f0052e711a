#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "sfv/ops/group_norm.h"
#include "sfv/ops/video_norm.h"

/// The leaves of every network. Like torch.nn's of the same names (keys weight and bias, same shapes), but
/// their parameters take no memory until loaded and their forward calls sfv::ops, which counts operations.
namespace sfv::nn {

class LinearImpl : public torch::nn::Module {
 public:
  LinearImpl(int64_t in_features, int64_t out_features, bool has_bias = true);
  /// x: [..., in_features] -> [..., out_features]
  torch::Tensor forward(const torch::Tensor& x) const;
  /// GEGLU of that: -> [..., out_features / 2]
  torch::Tensor forward_geglu(const torch::Tensor& x) const;

  torch::Tensor weight;  // [out_features, in_features]
  torch::Tensor bias;    // [out_features], or undefined
};
TORCH_MODULE(Linear);

struct Conv2dOptions {
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t padding = 1;
  bool bias = true;
};

class Conv2dImpl : public torch::nn::Module {
 public:
  Conv2dImpl(int64_t in_channels, int64_t out_channels, Conv2dOptions options = {});
  /// x: [N, in_channels, H, W] -> [N, out_channels, H', W'], channels-last
  torch::Tensor forward(const torch::Tensor& x) const;

  torch::Tensor weight;  // [out_channels, in_channels, kernel, kernel]
  torch::Tensor bias;    // [out_channels], or undefined

 private:
  Conv2dOptions options_;
};
TORCH_MODULE(Conv2d);

/// torch.nn.Conv3d with kernel (3, 1, 1) and padding (1, 0, 0).
class TemporalConvImpl : public torch::nn::Module {
 public:
  TemporalConvImpl(int64_t in_channels, int64_t out_channels);
  /// x: [(B F), in_channels, H, W] -> [(B F), out_channels, H, W]
  torch::Tensor forward(const torch::Tensor& x, int64_t frames) const;

  torch::Tensor weight;  // [out_channels, in_channels, 3, 1, 1]
  torch::Tensor bias;    // [out_channels]
};
TORCH_MODULE(TemporalConv);

class GroupNormImpl : public torch::nn::Module {
 public:
  GroupNormImpl(int64_t channels, double eps, int64_t groups = 32);
  /// Statistics per frame. x: [N, channels, H, W]
  torch::Tensor forward(const torch::Tensor& x, ops::Activation activation = ops::Activation::kNone) const;
  /// Statistics over all frames of a video. x: [(B F), channels, H, W]
  torch::Tensor forward_video(const torch::Tensor& x, int64_t frames, ops::Activation activation) const;
  /// forward_video() in parts: first all are added to what this gives, then each is normalised with it.
  [[nodiscard]] ops::VideoNorm begin_video(int64_t frames) const;
  torch::Tensor forward_part(const ops::VideoNorm& video, const torch::Tensor& part,
                             ops::Activation activation) const;

  torch::Tensor weight;  // [channels]
  torch::Tensor bias;    // [channels]

 private:
  int64_t groups_;
  double eps_;
};
TORCH_MODULE(GroupNorm);

class LayerNormImpl : public torch::nn::Module {
 public:
  explicit LayerNormImpl(int64_t size, double eps = 1e-5);
  /// x: [..., size]
  torch::Tensor forward(const torch::Tensor& x) const;

  torch::Tensor weight;  // [size]
  torch::Tensor bias;    // [size]

 private:
  double eps_;
};
TORCH_MODULE(LayerNorm);

}  // namespace sfv::nn
