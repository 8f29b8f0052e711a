#include "sfv/models/vae_encoder.h"

#include "sfv/models/autoencoder_kl_temporal_decoder.h"

namespace sfv::models {
namespace {

constexpr double kEps = 1e-6;  // every norm of the encoder, svd.md section 3.6

nn::ResnetBlock2D make_resnet(int64_t in_channels, int64_t out_channels) {
  return nn::ResnetBlock2D(
      nn::ResBlockOptions{.in_channels = in_channels, .out_channels = out_channels, .eps = kEps});
}

/// diffusers' DownEncoderBlock2D.
class DownEncoderBlock2DImpl : public torch::nn::Module {
 public:
  DownEncoderBlock2DImpl(int64_t in_channels, int64_t out_channels, int64_t layers, bool add_downsample) {
    for (int64_t i = 0; i < layers; ++i)
      resnets_->push_back(make_resnet(i == 0 ? in_channels : out_channels, out_channels));
    register_module("resnets", resnets_);
    if (add_downsample) {
      downsamplers_ =
          register_module("downsamplers", torch::nn::ModuleList(nn::Downsample2D(out_channels, true)));
    }
  }
  torch::Tensor forward(torch::Tensor x) {
    for (const auto& resnet : *resnets_) x = resnet->as<nn::ResnetBlock2DImpl>()->forward(x, {});
    return downsamplers_->is_empty() ? x : downsamplers_[0]->as<nn::Downsample2DImpl>()->forward(x);
  }

 private:
  torch::nn::ModuleList resnets_, downsamplers_;
};
TORCH_MODULE(DownEncoderBlock2D);

}  // namespace

VaeMidBlock2DImpl::VaeMidBlock2DImpl(int64_t channels) {
  attentions_ =
      register_module("attentions", torch::nn::ModuleList(nn::SpatialAttentionBlock(channels, kEps)));
  resnets_ = register_module(
      "resnets", torch::nn::ModuleList(make_resnet(channels, channels), make_resnet(channels, channels)));
}

torch::Tensor VaeMidBlock2DImpl::forward(const torch::Tensor& input) {
  const torch::Tensor x = resnets_[0]->as<nn::ResnetBlock2DImpl>()->forward(input, {});
  return resnets_[1]->as<nn::ResnetBlock2DImpl>()->forward(
      attentions_[0]->as<nn::SpatialAttentionBlockImpl>()->forward(x), {});
}

VaeEncoderImpl::VaeEncoderImpl(const VaeConfig& config) {
  const auto& channels = config.block_out_channels;
  conv_in_ = register_module("conv_in", nn::Conv2d(config.in_channels, channels.front()));
  for (size_t i = 0; i < channels.size(); ++i) {
    down_blocks_->push_back(DownEncoderBlock2D(channels[i == 0 ? 0 : i - 1], channels[i],
                                               config.layers_per_block, i + 1 < channels.size()));
  }
  register_module("down_blocks", down_blocks_);
  mid_block_ = register_module("mid_block", VaeMidBlock2D(channels.back()));
  conv_norm_out_ = register_module("conv_norm_out", nn::GroupNorm(channels.back(), kEps));
  conv_out_ = register_module("conv_out", nn::Conv2d(channels.back(), 2 * config.latent_channels));
}

torch::Tensor VaeEncoderImpl::forward(const torch::Tensor& input) {
  torch::Tensor x = conv_in_(input);
  for (const auto& block : *down_blocks_) x = block->as<DownEncoderBlock2DImpl>()->forward(x);
  x = mid_block_(x);
  return conv_out_(conv_norm_out_->forward(x, ops::Activation::kSilu));
}

}  // namespace sfv::models
