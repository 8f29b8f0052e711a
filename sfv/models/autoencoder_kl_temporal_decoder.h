#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "sfv/core/memory_mode.h"
#include "sfv/models/vae_decoder.h"
#include "sfv/models/vae_encoder.h"
#include "sfv/nn/layers.h"

namespace sfv::models {

/// diffusers' vae/config.json; the defaults are the class's own (SVD's file sets them all).
struct VaeConfig {
  int64_t in_channels = 3;
  int64_t out_channels = 3;
  std::vector<int64_t> block_out_channels = {
      64};  // one entry a level, from the finest; each level but the last halves the size
  int64_t layers_per_block = 1;
  int64_t latent_channels = 4;
  double scaling_factor = 0.18215;  // latents given to the UNet are the encoder's times this
  bool force_upcast = true;         // fp16: encode in fp32
  /// false: diffusers' AutoencoderKL, which decodes each frame by itself (svd*_image_decoder.safetensors).
  bool has_temporal_decoder = true;

  /// Pixels a latent cell, along each side.
  [[nodiscard]] int64_t compression() const { return int64_t{1} << (block_out_channels.size() - 1); }
  /// Errors: kInvalidFile naming the key.
  void check() const;
};

/// SVD's autoencoder: a 2-D encoder and a decoder that also looks along time. Source: svd.md sections 2.2
/// and 3.
class AutoencoderKLTemporalDecoderImpl : public torch::nn::Module {
 public:
  /// Errors: those of VaeConfig::check.
  explicit AutoencoderKLTemporalDecoderImpl(const VaeConfig& config);

  /// pixels: [N, in_channels, H, W], -1..1, H and W multiples of compression(). Returns mean and log-variance
  /// [N, 2 latent_channels, h, w].
  torch::Tensor encode_moments(const torch::Tensor& pixels);
  /// The mean of the moments (diffusers' latent_dist.mode()), unscaled: [N, latent_channels, h, w].
  torch::Tensor encode_mode(const torch::Tensor& pixels);
  /// latents: [(B F), latent_channels, h, w], already divided by scaling_factor. frames: F. Returns pixels
  /// [(B F), out_channels, H, W], about -1..1, not clamped. memory: less than kWhole without gradients only;
  /// a decoder without time takes frames as they come.
  torch::Tensor decode(const torch::Tensor& latents, int64_t frames,
                       DecoderMemory memory = DecoderMemory::kWhole);

  /// A weight of the encoder, for its dtype and device: they may differ from the decoder's.
  [[nodiscard]] const torch::Tensor& encoder_weight() const { return quant_conv_->weight; }
  /// Makes the encoder compute in float32, as diffusers does with force_upcast when the rest is fp16.
  void upcast_encoder();

  /// Its halves, for who moves their weights.
  [[nodiscard]] torch::nn::Module& encoder() { return *encoder_; }
  [[nodiscard]] torch::nn::Module& decoder() { return *named_children()["decoder"]; }

  [[nodiscard]] const VaeConfig& config() const { return config_; }

 private:
  VaeConfig config_;
  VaeEncoder encoder_{nullptr};
  TemporalDecoder temporal_decoder_{nullptr};  // registered as "decoder"; this one …
  ImageDecoder image_decoder_{nullptr};        // … or this one
  nn::Conv2d quant_conv_{nullptr};
  nn::Conv2d post_quant_conv_{nullptr};  // of the 2-D decoder only
};
TORCH_MODULE(AutoencoderKLTemporalDecoder);

}  // namespace sfv::models
