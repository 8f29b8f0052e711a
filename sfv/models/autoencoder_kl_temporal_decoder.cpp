#include "sfv/models/autoencoder_kl_temporal_decoder.h"

#include <ATen/ops/cat.h>

#include <cmath>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::models {
namespace {

constexpr int64_t kMaxLevels = 8;
constexpr int64_t kMaxChannels = 1 << 14;
constexpr int64_t kMaxLayers = 64;

}  // namespace

void VaeConfig::check() const {
  const auto levels = static_cast<int64_t>(block_out_channels.size());
  SFV_CHECK(levels >= 1 && levels <= kMaxLevels, kInvalidFile,
            "[vae config] block_out_channels expected 1 to ", kMaxLevels, " levels, found ", levels);
  for (const int64_t channels : block_out_channels) {
    SFV_CHECK(channels >= 32 && channels <= kMaxChannels && channels % 32 == 0, kInvalidFile,
              "[vae config] block_out_channels expected multiples of 32 up to ", kMaxChannels, ", found ",
              channels);
  }
  for (const auto& [key, value, max] : {std::tuple{"in_channels", in_channels, kMaxChannels},
                                        std::tuple{"out_channels", out_channels, kMaxChannels},
                                        std::tuple{"latent_channels", latent_channels, kMaxChannels},
                                        std::tuple{"layers_per_block", layers_per_block, kMaxLayers}}) {
    SFV_CHECK(value >= 1 && value <= max, kInvalidFile, "[vae config] ", key, " expected 1 to ", max,
              ", found ", value);
  }
  SFV_CHECK(std::isfinite(scaling_factor) && scaling_factor > 0, kInvalidFile,
            "[vae config] scaling_factor expected a positive number, found ", scaling_factor);
}

AutoencoderKLTemporalDecoderImpl::AutoencoderKLTemporalDecoderImpl(const VaeConfig& config)
    : config_(config) {
  config.check();
  encoder_ = register_module("encoder", VaeEncoder(config));
  if (config.has_temporal_decoder) {
    temporal_decoder_ = register_module("decoder", TemporalDecoder(config));
  } else {
    image_decoder_ = register_module("decoder", ImageDecoder(config));
  }
  const int64_t moments = 2 * config.latent_channels;
  const nn::Conv2dOptions pointwise{.kernel = 1, .padding = 0};
  quant_conv_ = register_module("quant_conv", nn::Conv2d(moments, moments, pointwise));
  if (!config.has_temporal_decoder) {
    post_quant_conv_ = register_module("post_quant_conv",
                                       nn::Conv2d(config.latent_channels, config.latent_channels, pointwise));
  }
}

torch::Tensor AutoencoderKLTemporalDecoderImpl::encode_moments(const torch::Tensor& pixels) {
  SFV_CHECK(pixels.dim() == 4 && pixels.size(1) == config_.in_channels &&
                pixels.size(2) % config_.compression() == 0 && pixels.size(3) % config_.compression() == 0 &&
                pixels.numel() > 0,
            kInvalidArgument, "[AutoencoderKLTemporalDecoder] encode expected [N, ", config_.in_channels,
            ", H, W] with H and W multiples of ", config_.compression(), ", got ", pixels.sizes());
  return quant_conv_(encoder_(pixels));
}

torch::Tensor AutoencoderKLTemporalDecoderImpl::encode_mode(const torch::Tensor& pixels) {
  return encode_moments(pixels).narrow(1, 0, config_.latent_channels);
}

void AutoencoderKLTemporalDecoderImpl::upcast_encoder() {
  encoder_->to(at::kFloat);
  quant_conv_->to(at::kFloat);
}

torch::Tensor AutoencoderKLTemporalDecoderImpl::decode(const torch::Tensor& latents, int64_t frames,
                                                       DecoderMemory memory) {
  SFV_CHECK(latents.dim() == 4 && latents.size(1) == config_.latent_channels && frames >= 1 &&
                latents.size(0) % frames == 0 && latents.numel() > 0,
            kInvalidArgument, "[AutoencoderKLTemporalDecoder] decode expected [(B x ", frames, "), ",
            config_.latent_channels, ", h, w], got ", latents.sizes());
  if (!temporal_decoder_) {
    const torch::Tensor x = post_quant_conv_(latents);
    if (memory == DecoderMemory::kWhole) return image_decoder_(x);
    std::vector<torch::Tensor> pixels;
    for (const torch::Tensor& frame : x.split(1)) pixels.push_back(image_decoder_(frame));
    return at::cat(pixels);
  }
  if (memory == DecoderMemory::kWhole) return temporal_decoder_(latents, frames);
  return temporal_decoder_->forward_in_pieces(latents, frames, memory == DecoderMemory::kRecompute);
}

}  // namespace sfv::models
