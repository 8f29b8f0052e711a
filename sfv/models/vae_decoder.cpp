#include "sfv/models/vae_decoder.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sfv/core/trace.h"
#include "sfv/models/autoencoder_kl_temporal_decoder.h"
#include "sfv/nn/attention.h"
#include "sfv/nn/frame_source.h"
#include "sfv/nn/resample.h"
#include "sfv/nn/resnet_block.h"

namespace sfv::models {
namespace {

constexpr double kEps = 1e-6;  // svd.md section 3.6
constexpr double kTemporalEps = 1e-5;

nn::ResBlockOptions res_options(int64_t in_channels, int64_t out_channels) {
  return {.in_channels = in_channels,
          .out_channels = out_channels,
          .eps = kEps,
          .temporal_eps = kTemporalEps,
          .switch_mix = true};
}

torch::Tensor run(torch::nn::Module& resnet, const torch::Tensor& x, int64_t frames) {
  if (auto* temporal = resnet.as<nn::SpatioTemporalResBlockImpl>()) return temporal->forward(x, {}, frames);
  return resnet.as<nn::ResnetBlock2DImpl>()->forward(x, {});
}

/// diffusers' UpBlockTemporalDecoder (with SpatioTemporalResBlock) and UpDecoderBlock2D (with ResnetBlock2D).
template <typename ResBlock>
class UpDecoderBlockImpl : public torch::nn::Module {
 public:
  UpDecoderBlockImpl(int64_t in_channels, int64_t out_channels, int64_t layers, bool add_upsample) {
    for (int64_t i = 0; i < layers; ++i)
      resnets_->push_back(ResBlock(res_options(i == 0 ? in_channels : out_channels, out_channels)));
    register_module("resnets", resnets_);
    if (add_upsample)
      upsamplers_ = register_module("upsamplers", torch::nn::ModuleList(nn::Upsample2D(out_channels)));
  }
  torch::Tensor forward(torch::Tensor x, int64_t frames) {
    for (const auto& resnet : *resnets_) x = run(*resnet, x, frames);
    return upsamplers_->is_empty() ? x : upsample(x);
  }
  /// The same in pieces: the result is upsampled frame by frame, by whoever takes frames from it.
  nn::FrameSource forward_in_pieces(nn::FrameSource source, int64_t frames, bool recompute) {
    for (const auto& resnet : *resnets_) {
      source = nn::frames_of(resnet->as<nn::SpatioTemporalResBlockImpl>()->forward_in_pieces(
          std::move(source), frames, recompute));
    }
    if (upsamplers_->is_empty()) return source;
    return {.N = source.N,
            .C = source.C,
            .H = 2 * source.H,
            .W = 2 * source.W,
            .element_size = source.element_size,
            .next = [this, small = source.next](int64_t count) { return upsample(small(count)); }};
  }

 private:
  torch::Tensor upsample(const torch::Tensor& x) {
    return upsamplers_[0]->as<nn::Upsample2DImpl>()->forward(x, 2 * x.size(2), 2 * x.size(3));
  }

  torch::nn::ModuleList resnets_, upsamplers_;
};

template <typename ResBlock>
torch::nn::ModuleList make_up_blocks(const VaeConfig& config) {
  const std::vector<int64_t> channels(config.block_out_channels.rbegin(), config.block_out_channels.rend());
  torch::nn::ModuleList blocks;
  for (size_t i = 0; i < channels.size(); ++i) {
    blocks->push_back(std::make_shared<UpDecoderBlockImpl<ResBlock>>(
        channels[i == 0 ? 0 : i - 1], channels[i], config.layers_per_block + 1, i + 1 < channels.size()));
  }
  return blocks;
}

template <typename ResBlock>
torch::Tensor run_up_blocks(torch::nn::ModuleList& blocks, torch::Tensor x, int64_t frames) {
  for (size_t i = 0; i < blocks->size(); ++i) {
    const TraceSpan span(TraceKind::kBlock, "decoder.up_blocks." + std::to_string(i));
    x = blocks[i]->as<UpDecoderBlockImpl<ResBlock>>()->forward(x, frames);
  }
  return x;
}

}  // namespace

/// diffusers' MidBlockTemporalDecoder. Its attention exists even where one layer leaves it unused.
MidBlockTemporalDecoderImpl::MidBlockTemporalDecoderImpl(int64_t channels, int64_t layers) {
  attentions_ =
      register_module("attentions", torch::nn::ModuleList(nn::SpatialAttentionBlock(channels, kEps)));
  for (int64_t i = 0; i < layers; ++i)
    resnets_->push_back(nn::SpatioTemporalResBlock(res_options(channels, channels)));
  register_module("resnets", resnets_);
}

torch::Tensor MidBlockTemporalDecoderImpl::forward(const torch::Tensor& input, int64_t frames) {
  const TraceSpan span(TraceKind::kBlock, "decoder.mid_block");
  torch::Tensor x = run(*resnets_[0], input, frames);
  // One attention serves the first pair only; further res blocks of a deeper config are never reached, as in
  // diffusers.
  if (resnets_->size() > 1)
    x = run(*resnets_[1], attentions_[0]->as<nn::SpatialAttentionBlockImpl>()->forward(x), frames);
  return x;
}

TemporalDecoderImpl::TemporalDecoderImpl(const VaeConfig& config) {
  conv_in_ = register_module("conv_in", nn::Conv2d(config.latent_channels, config.block_out_channels.back()));
  mid_block_ = register_module(
      "mid_block", MidBlockTemporalDecoder(config.block_out_channels.back(), config.layers_per_block));
  up_blocks_ = register_module("up_blocks", make_up_blocks<nn::SpatioTemporalResBlock>(config));
  conv_norm_out_ = register_module("conv_norm_out", nn::GroupNorm(config.block_out_channels.front(), kEps));
  conv_out_ = register_module("conv_out", nn::Conv2d(config.block_out_channels.front(), config.out_channels));
  time_conv_out_ =
      register_module("time_conv_out", nn::TemporalConv(config.out_channels, config.out_channels));
}

torch::Tensor TemporalDecoderImpl::to_pixels(const torch::Tensor& x) {
  return conv_out_(conv_norm_out_->forward(x, ops::Activation::kSilu));
}

torch::Tensor TemporalDecoderImpl::forward(const torch::Tensor& z, int64_t frames) {
  const torch::Tensor x = mid_block_(conv_in_(z), frames);
  return time_conv_out_(to_pixels(run_up_blocks<nn::SpatioTemporalResBlock>(up_blocks_, x, frames)), frames);
}

torch::Tensor TemporalDecoderImpl::forward_in_pieces(const torch::Tensor& z, int64_t frames, bool recompute) {
  nn::FrameSource source = nn::frames_of({mid_block_(conv_in_(z), frames)});
  for (size_t i = 0; i < up_blocks_->size(); ++i) {
    const TraceSpan span(TraceKind::kBlock, "decoder.up_blocks." + std::to_string(i));
    source = up_blocks_[i]->as<UpDecoderBlockImpl<nn::SpatioTemporalResBlock>>()->forward_in_pieces(
        std::move(source), frames, recompute);
  }
  std::vector<torch::Tensor> pixels;
  const int64_t step = source.frames_at_once(source.C);
  for (int64_t begin = 0; begin < source.N; begin += step)
    pixels.push_back(to_pixels(source.next(std::min(step, source.N - begin))));
  return time_conv_out_(pixels.size() == 1 ? pixels[0] : at::cat(pixels), frames);
}

ImageDecoderImpl::ImageDecoderImpl(const VaeConfig& config) {
  conv_in_ = register_module("conv_in", nn::Conv2d(config.latent_channels, config.block_out_channels.back()));
  mid_block_ = register_module("mid_block", VaeMidBlock2D(config.block_out_channels.back()));
  up_blocks_ = register_module("up_blocks", make_up_blocks<nn::ResnetBlock2D>(config));
  conv_norm_out_ = register_module("conv_norm_out", nn::GroupNorm(config.block_out_channels.front(), kEps));
  conv_out_ = register_module("conv_out", nn::Conv2d(config.block_out_channels.front(), config.out_channels));
}

torch::Tensor ImageDecoderImpl::forward(const torch::Tensor& z) {
  torch::Tensor x = mid_block_(conv_in_(z));
  x = run_up_blocks<nn::ResnetBlock2D>(up_blocks_, x, 1);
  return conv_out_(conv_norm_out_->forward(x, ops::Activation::kSilu));
}

}  // namespace sfv::models
