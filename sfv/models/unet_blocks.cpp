// The UNet's levels. A block without cross-attention registers no `attentions`, one without resampling no
// samplers, so that the keys are the checkpoint's.
#include "sfv/models/unet_blocks.h"

#include <ATen/ops/cat.h>

namespace sfv::models {
namespace {

torch::nn::ModuleList make_resnets(const UNetBlockOptions& o) {
  torch::nn::ModuleList resnets;
  for (const int64_t in_channels : o.in_channels) {
    resnets->push_back(nn::SpatioTemporalResBlock(nn::ResBlockOptions{.in_channels = in_channels,
                                                                      .out_channels = o.out_channels,
                                                                      .temb_channels = o.temb_channels,
                                                                      .eps = o.resnet_eps,
                                                                      .temporal_eps = o.resnet_eps}));
  }
  return resnets;
}

torch::nn::ModuleList make_attentions(const UNetBlockOptions& o, size_t count) {
  torch::nn::ModuleList attentions;
  for (size_t i = 0; i < count; ++i) {
    attentions->push_back(nn::TransformerSpatioTemporalModel(
        nn::TransformerOptions{.channels = o.out_channels,
                               .heads = o.num_attention_heads,
                               .cross_attention_dim = o.cross_attention_dim,
                               .layers = o.transformer_layers}));
  }
  return attentions;
}

torch::Tensor run_resnet(torch::nn::ModuleList& resnets, size_t i, const torch::Tensor& x,
                         const UNetContext& context) {
  return resnets[i]->as<nn::SpatioTemporalResBlockImpl>()->forward(x, context.temb, context.frames);
}

torch::Tensor run_attention(torch::nn::ModuleList& attentions, size_t i, const torch::Tensor& x,
                            const UNetContext& context) {
  return attentions[i]->as<nn::TransformerSpatioTemporalModelImpl>()->forward(
      x, context.encoder_hidden_states, context.frames);
}

}  // namespace

DownBlockSpatioTemporalImpl::DownBlockSpatioTemporalImpl(const UNetBlockOptions& o) {
  resnets_ = register_module("resnets", make_resnets(o));
  if (o.has_cross_attention)
    attentions_ = register_module("attentions", make_attentions(o, o.in_channels.size()));
  if (o.add_resample) {
    downsamplers_ =
        register_module("downsamplers", torch::nn::ModuleList(nn::Downsample2D(o.out_channels, false)));
  }
}

std::vector<torch::Tensor> DownBlockSpatioTemporalImpl::forward(torch::Tensor x, const UNetContext& context) {
  std::vector<torch::Tensor> outputs;
  for (size_t i = 0; i < resnets_->size(); ++i) {
    x = run_resnet(resnets_, i, x, context);
    if (!attentions_->is_empty()) x = run_attention(attentions_, i, x, context);
    outputs.push_back(x);
  }
  if (!downsamplers_->is_empty()) {
    x = downsamplers_[0]->as<nn::Downsample2DImpl>()->forward(x);
    outputs.push_back(x);
  }
  return outputs;
}

MidBlockSpatioTemporalImpl::MidBlockSpatioTemporalImpl(const UNetBlockOptions& o) {
  resnets_ = register_module("resnets", make_resnets(o));
  attentions_ = register_module("attentions", make_attentions(o, o.in_channels.size() - 1));
}

torch::Tensor MidBlockSpatioTemporalImpl::forward(torch::Tensor x, const UNetContext& context) {
  x = run_resnet(resnets_, 0, x, context);
  for (size_t i = 0; i < attentions_->size(); ++i) {
    x = run_attention(attentions_, i, x, context);
    x = run_resnet(resnets_, i + 1, x, context);
  }
  return x;
}

UpBlockSpatioTemporalImpl::UpBlockSpatioTemporalImpl(const UNetBlockOptions& o) {
  resnets_ = register_module("resnets", make_resnets(o));
  if (o.has_cross_attention)
    attentions_ = register_module("attentions", make_attentions(o, o.in_channels.size()));
  if (o.add_resample)
    upsamplers_ = register_module("upsamplers", torch::nn::ModuleList(nn::Upsample2D(o.out_channels)));
}

torch::Tensor UpBlockSpatioTemporalImpl::forward(torch::Tensor x, const UNetContext& context,
                                                 std::vector<torch::Tensor> skips, int64_t height,
                                                 int64_t width) {
  for (size_t i = 0; i < resnets_->size(); ++i) {
    x = at::cat({x, skips.back()}, 1);
    skips.pop_back();
    x = run_resnet(resnets_, i, x, context);
    if (!attentions_->is_empty()) x = run_attention(attentions_, i, x, context);
  }
  return upsamplers_->is_empty() ? x : upsamplers_[0]->as<nn::Upsample2DImpl>()->forward(x, height, width);
}

}  // namespace sfv::models
