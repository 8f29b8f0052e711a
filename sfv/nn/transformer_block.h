#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "sfv/nn/alpha_blender.h"
#include "sfv/nn/attention.h"
#include "sfv/nn/embeddings.h"
#include "sfv/nn/feed_forward.h"
#include "sfv/nn/layers.h"

namespace sfv::nn {

/// Self-attention within a frame, attention to the context, feed-forward, each with LayerNorm before and
/// residual after.
class BasicTransformerBlockImpl : public torch::nn::Module {
 public:
  BasicTransformerBlockImpl(int64_t channels, int64_t heads, int64_t cross_attention_dim);
  /// x: [(B F), S, C]; context: [B, L, cross_attention_dim].
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& context);

 private:
  LayerNorm norm1_, norm2_, norm3_;
  Attention attn1_, attn2_;
  FeedForward ff_;
};
TORCH_MODULE(BasicTransformerBlock);

/// The same over the frames at each pixel, with a feed-forward in front. diffusers permutes to [(B S), F, C];
/// everything but the attention works on single tokens, so here the tokens stay where they are and only the
/// attention looks along F.
class TemporalBasicTransformerBlockImpl : public torch::nn::Module {
 public:
  TemporalBasicTransformerBlockImpl(int64_t channels, int64_t heads, int64_t cross_attention_dim);
  /// x: [(B F), S, C]; context: [B, L, cross_attention_dim].
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& context, int64_t frames);

 private:
  LayerNorm norm_in_;
  FeedForward ff_in_;
  LayerNorm norm1_, norm2_, norm3_;
  Attention attn1_, attn2_;
  FeedForward ff_;
};
TORCH_MODULE(TemporalBasicTransformerBlock);

struct TransformerOptions {
  int64_t channels = 0;
  int64_t heads = 0;
  int64_t cross_attention_dim = 0;
  int64_t layers = 1;
};

/// Spatial and temporal transformer blocks and their blend. Source: svd.md section 3.3.
class TransformerSpatioTemporalModelImpl : public torch::nn::Module {
 public:
  explicit TransformerSpatioTemporalModelImpl(const TransformerOptions& options);
  /// x: [(B F), C, H, W]; context: [B, L, cross_attention_dim].
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& context, int64_t frames);

 private:
  int64_t channels_;
  GroupNorm norm_;
  Linear proj_in_;
  torch::nn::ModuleList transformer_blocks_, temporal_transformer_blocks_;
  TimestepEmbedding time_pos_embed_;
  AlphaBlender time_mixer_;
  Linear proj_out_;
};
TORCH_MODULE(TransformerSpatioTemporalModel);

}  // namespace sfv::nn
