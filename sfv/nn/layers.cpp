#include "sfv/nn/layers.h"

#include "sfv/core/check.h"
#include "sfv/nn/fetched_weights.h"
#include "sfv/ops/conv.h"
#include "sfv/ops/layer_norm.h"
#include "sfv/ops/linear.h"
#include "sfv/tensor/parameter.h"

namespace sfv::nn {

LinearImpl::LinearImpl(int64_t in_features, int64_t out_features, bool has_bias) {
  weight = register_parameter("weight", make_parameter({out_features, in_features}));
  if (has_bias) bias = register_parameter("bias", make_parameter({out_features}));
}

torch::Tensor LinearImpl::forward(const torch::Tensor& x) const {
  return ops::linear(x, fetch(weight, x), bias);
}

torch::Tensor LinearImpl::forward_geglu(const torch::Tensor& x) const {
  return ops::linear_geglu(x, fetch(weight, x), bias);
}

Conv2dImpl::Conv2dImpl(int64_t in_channels, int64_t out_channels, Conv2dOptions options) : options_(options) {
  weight = register_parameter("weight",
                              make_parameter({out_channels, in_channels, options.kernel, options.kernel}));
  if (options.bias) bias = register_parameter("bias", make_parameter({out_channels}));
}

torch::Tensor Conv2dImpl::forward(const torch::Tensor& x) const {
  return ops::conv2d(x, fetch(weight, x), bias, options_.stride, options_.padding);
}

TemporalConvImpl::TemporalConvImpl(int64_t in_channels, int64_t out_channels) {
  weight = register_parameter("weight", make_parameter({out_channels, in_channels, 3, 1, 1}));
  bias = register_parameter("bias", make_parameter({out_channels}));
}

torch::Tensor TemporalConvImpl::forward(const torch::Tensor& x, int64_t frames) const {
  return ops::temporal_conv(x, frames, fetch(weight, x), bias);
}

GroupNormImpl::GroupNormImpl(int64_t channels, double eps, int64_t groups) : groups_(groups), eps_(eps) {
  SFV_CHECK(channels % groups == 0, kInvalidFile, "[GroupNorm] expected a number of channels divisible by ",
            groups, " groups, the model's config asks for ", channels);
  weight = register_parameter("weight", make_parameter({channels}));
  bias = register_parameter("bias", make_parameter({channels}));
}

torch::Tensor GroupNormImpl::forward(const torch::Tensor& x, ops::Activation activation) const {
  return ops::group_norm(x, groups_, weight, bias, eps_, activation);
}

torch::Tensor GroupNormImpl::forward_video(const torch::Tensor& x, int64_t frames,
                                           ops::Activation activation) const {
  return ops::temporal_group_norm(x, frames, groups_, weight, bias, eps_, activation);
}

ops::VideoNorm GroupNormImpl::begin_video(int64_t frames) const {
  return {frames, groups_};
}

torch::Tensor GroupNormImpl::forward_part(const ops::VideoNorm& video, const torch::Tensor& part,
                                          ops::Activation activation) const {
  return video.normalise(part, weight, bias, eps_, activation);
}

LayerNormImpl::LayerNormImpl(int64_t size, double eps) : eps_(eps) {
  weight = register_parameter("weight", make_parameter({size}));
  bias = register_parameter("bias", make_parameter({size}));
}

torch::Tensor LayerNormImpl::forward(const torch::Tensor& x) const {
  return ops::layer_norm(x, weight, bias, eps_);
}

}  // namespace sfv::nn
