#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "sfv/nn/layers.h"

namespace sfv::nn {

/// [cos | sin] of t * 10000^(-i / half), i = 0..half-1, half = dim / 2; zero-padded by one when dim is odd.
/// t: [N], any real. Returns float32 [N, dim]. Source: svd.md section 3.1 (diffusers' Timesteps,
/// flip_sin_to_cos, shift 0).
[[nodiscard]] torch::Tensor sinusoidal_embedding(const torch::Tensor& t, int64_t dim);

/// Linear, SiLU, Linear; diffusers' class of this name.
class TimestepEmbeddingImpl : public torch::nn::Module {
 public:
  TimestepEmbeddingImpl(int64_t in_channels, int64_t time_embed_dim, int64_t out_dim);
  /// x: [N, in_channels] -> [N, out_dim]
  torch::Tensor forward(const torch::Tensor& x);

 private:
  Linear linear_1_, linear_2_;
};
TORCH_MODULE(TimestepEmbedding);

}  // namespace sfv::nn
