#include "sfv/nn/resnet_block.h"

#include <ATen/ops/silu.h>

namespace sfv::nn {
namespace {

using ops::Activation;

// temb [N, T] -> [N, C, 1, 1], added after the first convolution. Undefined without a time embedding.
torch::Tensor project_time(Linear& time_emb_proj, const torch::Tensor& temb) {
  return time_emb_proj->forward(at::silu(temb)).unsqueeze(2).unsqueeze(3);
}

torch::Tensor add_to(const torch::Tensor& x, const torch::Tensor& y) {
  // x was just computed and belongs to the caller; in place it costs no memory.
  return torch::GradMode::is_enabled() ? x + y : torch::Tensor(x).add_(y);
}

}  // namespace

ResnetBlock2DImpl::ResnetBlock2DImpl(const ResBlockOptions& o) {
  norm1_ = register_module("norm1", GroupNorm(o.in_channels, o.eps));
  conv1_ = register_module("conv1", Conv2d(o.in_channels, o.out_channels));
  if (o.temb_channels > 0)
    time_emb_proj_ = register_module("time_emb_proj", Linear(o.temb_channels, o.out_channels));
  norm2_ = register_module("norm2", GroupNorm(o.out_channels, o.eps));
  conv2_ = register_module("conv2", Conv2d(o.out_channels, o.out_channels));
  if (o.in_channels != o.out_channels) {
    conv_shortcut_ = register_module(
        "conv_shortcut", Conv2d(o.in_channels, o.out_channels, Conv2dOptions{.kernel = 1, .padding = 0}));
  }
}

torch::Tensor ResnetBlock2DImpl::forward(const torch::Tensor& x, const torch::Tensor& temb) {
  torch::Tensor h = conv1_(norm1_->forward(x, Activation::kSilu));
  if (time_emb_proj_) h = add_to(h, project_time(time_emb_proj_, temb));
  h = conv2_(norm2_->forward(h, Activation::kSilu));
  return add_to(h, conv_shortcut_ ? conv_shortcut_(x) : x);
}

TemporalResnetBlockImpl::TemporalResnetBlockImpl(const ResBlockOptions& o) {
  norm1_ = register_module("norm1", GroupNorm(o.out_channels, o.temporal_eps));
  conv1_ = register_module("conv1", TemporalConv(o.out_channels, o.out_channels));
  if (o.temb_channels > 0)
    time_emb_proj_ = register_module("time_emb_proj", Linear(o.temb_channels, o.out_channels));
  norm2_ = register_module("norm2", GroupNorm(o.out_channels, o.temporal_eps));
  conv2_ = register_module("conv2", TemporalConv(o.out_channels, o.out_channels));
}

torch::Tensor TemporalResnetBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& temb,
                                               int64_t frames) {
  torch::Tensor h = conv1_(norm1_->forward_video(x, frames, Activation::kSilu), frames);
  if (time_emb_proj_) h = add_to(h, project_time(time_emb_proj_, temb));
  h = conv2_(norm2_->forward_video(h, frames, Activation::kSilu), frames);
  return add_to(h, x);
}

SpatioTemporalResBlockImpl::SpatioTemporalResBlockImpl(const ResBlockOptions& o)
    : spatial_res_block_(register_module("spatial_res_block", ResnetBlock2D(o))),
      temporal_res_block_(register_module("temporal_res_block", TemporalResnetBlock(o))),
      time_mixer_(register_module("time_mixer", AlphaBlender(o.switch_mix))) {}

torch::Tensor SpatioTemporalResBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& temb,
                                                  int64_t frames) {
  const torch::Tensor spatial = spatial_res_block_(x, temb);
  const torch::Tensor temporal = temporal_res_block_(spatial, temb, frames);
  return time_mixer_(spatial, temporal);
}

}  // namespace sfv::nn
