#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

namespace sfv::models {

/// Which tiny decoder a weight file holds, told from its shapes.
enum class TinyKind {
  kTaesd,   // per frame
  kTaesdv,  // each block also sees the previous frame
};

/// TAESD and TAESDV: a small autoencoder for SVD's scaled latents, for previews and weak machines. The number
/// of latent channels is SVD's 4. Keys are the published files': Sequential indices. Source: svd.md section
/// 7; github.com/madebyollin/taesd.
class TinyDecoderImpl : public torch::nn::Module {
 public:
  explicit TinyDecoderImpl(TinyKind kind);
  /// latents: [(B F), 4, h, w], scaled (times scaling_factor, as the UNet gives them). frames: F. Returns
  /// pixels [(B F), 3, 8 h, 8 w], about 0..1, not clamped.
  torch::Tensor forward(const torch::Tensor& latents, int64_t frames);

  [[nodiscard]] TinyKind kind() const { return kind_; }

 private:
  TinyKind kind_;
};
TORCH_MODULE(TinyDecoder);

class TinyEncoderImpl : public torch::nn::Module {
 public:
  TinyEncoderImpl();
  /// pixels: [N, 3, H, W], 0..1. Returns scaled latents [N, 4, H/8, W/8].
  torch::Tensor forward(const torch::Tensor& pixels);
};
TORCH_MODULE(TinyEncoder);

}  // namespace sfv::models
