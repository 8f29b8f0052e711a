#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "sfv/nn/layers.h"

namespace sfv::nn {

/// The four projections of diffusers' Attention and its residual-free forwards. Keys: to_q, to_k, to_v,
/// to_out.0.
class AttentionImpl : public torch::nn::Module {
 public:
  /// context_dim: width of what keys and values are made from; query_dim for self-attention. qkv_bias: the
  /// VAE has it, the UNet not.
  AttentionImpl(int64_t query_dim, int64_t context_dim, int64_t heads, bool qkv_bias);

  /// Self-attention over the tokens of each frame. x: [N, S, C].
  torch::Tensor forward_self(const torch::Tensor& x);
  /// Self-attention over the frames at each pixel. x: [B, F, P, C].
  torch::Tensor forward_temporal(const torch::Tensor& x);
  /// Attention to a context. x: [N, S, C]; context: [B, L, X], N a multiple of B: row b serves rows b*N/B …
  /// of x. With one context token the softmax is exactly 1 whatever the query, so x is not looked at and the
  /// result [B, 1, C] is the same for every token of a row (svd.md section 6.3); otherwise the result is [N,
  /// S, C]. `normed_x` is called only in the second case.
  template <typename NormedX>
  torch::Tensor forward_cross(NormedX&& normed_x, const torch::Tensor& context) {
    return context.size(1) == 1 ? forward_one_token(context) : forward_context(normed_x(), context);
  }

 private:
  torch::Tensor forward_one_token(const torch::Tensor& context);
  torch::Tensor forward_context(const torch::Tensor& x, const torch::Tensor& context);
  torch::Tensor project_out(const torch::Tensor& x);

  int64_t heads_;
  Linear to_q_, to_k_, to_v_;
  torch::nn::ModuleList to_out_;  // one Linear; a list because the key is to_out.0
};
TORCH_MODULE(Attention);

/// The VAE's attention over all pixels of a frame: GroupNorm, one head, plus the input. Keys as in diffusers'
/// Attention with group_norm.
class SpatialAttentionBlockImpl : public AttentionImpl {
 public:
  SpatialAttentionBlockImpl(int64_t channels, double eps);
  /// x: [N, C, H, W]
  torch::Tensor forward(const torch::Tensor& x);

 private:
  GroupNorm group_norm_;
};
TORCH_MODULE(SpatialAttentionBlock);

}  // namespace sfv::nn
