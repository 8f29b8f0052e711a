#include "sfv/nn/transformer_block.h"

#include <ATen/ops/arange.h>

#include "sfv/tensor/layout.h"

namespace sfv::nn {
namespace {

// y [N, S, C] or [B, 1, C] (one context token) added to x [(B F), S, C].
torch::Tensor add_context(const torch::Tensor& x, const torch::Tensor& y) {
  return x + (y.size(0) == x.size(0) ? y : y.repeat_interleave(x.size(0) / y.size(0), 0));
}

}  // namespace

BasicTransformerBlockImpl::BasicTransformerBlockImpl(int64_t channels, int64_t heads,
                                                     int64_t cross_attention_dim)
    : norm1_(register_module("norm1", LayerNorm(channels))),
      norm2_(register_module("norm2", LayerNorm(channels))),
      norm3_(register_module("norm3", LayerNorm(channels))),
      attn1_(register_module("attn1", Attention(channels, channels, heads, false))),
      attn2_(register_module("attn2", Attention(channels, cross_attention_dim, heads, false))),
      ff_(register_module("ff", FeedForward(channels))) {}

torch::Tensor BasicTransformerBlockImpl::forward(const torch::Tensor& input, const torch::Tensor& context) {
  torch::Tensor x = input + attn1_->forward_self(norm1_(input));
  x = add_context(x, attn2_->forward_cross([&] { return norm2_(x); }, context));
  return x + ff_(norm3_(x));
}

TemporalBasicTransformerBlockImpl::TemporalBasicTransformerBlockImpl(int64_t channels, int64_t heads,
                                                                     int64_t cross_attention_dim)
    : norm_in_(register_module("norm_in", LayerNorm(channels))),
      ff_in_(register_module("ff_in", FeedForward(channels))),
      norm1_(register_module("norm1", LayerNorm(channels))),
      norm2_(register_module("norm2", LayerNorm(channels))),
      norm3_(register_module("norm3", LayerNorm(channels))),
      attn1_(register_module("attn1", Attention(channels, channels, heads, false))),
      attn2_(register_module("attn2", Attention(channels, cross_attention_dim, heads, false))),
      ff_(register_module("ff", FeedForward(channels))) {}

torch::Tensor TemporalBasicTransformerBlockImpl::forward(const torch::Tensor& input,
                                                         const torch::Tensor& context, int64_t frames) {
  const int64_t N = input.size(0), S = input.size(1), C = input.size(2);
  torch::Tensor x = ff_in_(norm_in_(input)) + input;
  x = x + attn1_->forward_temporal(norm1_(x).view({N / frames, frames, S, C})).view({N, S, C});
  // Each pixel attends to its video's context from every frame: the order of the frames plays no part here.
  x = add_context(x, attn2_->forward_cross([&] { return norm2_(x); }, context));
  return ff_(norm3_(x)) + x;
}

TransformerSpatioTemporalModelImpl::TransformerSpatioTemporalModelImpl(const TransformerOptions& o)
    : channels_(o.channels),
      norm_(register_module("norm", GroupNorm(o.channels, 1e-6))),
      proj_in_(register_module("proj_in", Linear(o.channels, o.channels))),
      transformer_blocks_(register_module("transformer_blocks", torch::nn::ModuleList())),
      temporal_transformer_blocks_(register_module("temporal_transformer_blocks", torch::nn::ModuleList())),
      time_pos_embed_(
          register_module("time_pos_embed", TimestepEmbedding(o.channels, 4 * o.channels, o.channels))),
      time_mixer_(register_module("time_mixer", AlphaBlender())),
      proj_out_(register_module("proj_out", Linear(o.channels, o.channels))) {
  for (int64_t i = 0; i < o.layers; ++i) {
    transformer_blocks_->push_back(BasicTransformerBlock(o.channels, o.heads, o.cross_attention_dim));
    temporal_transformer_blocks_->push_back(
        TemporalBasicTransformerBlock(o.channels, o.heads, o.cross_attention_dim));
  }
}

torch::Tensor TransformerSpatioTemporalModelImpl::forward(const torch::Tensor& input,
                                                          const torch::Tensor& context, int64_t frames) {
  const int64_t N = input.size(0), H = input.size(2), W = input.size(3);
  torch::Tensor x = proj_in_(as_nhwc(norm_(input)).flatten(1, 2));  // [N, H*W, C]
  const torch::Tensor frame_numbers =
      at::arange(frames, at::TensorOptions().device(x.device()).dtype(at::kFloat));
  const torch::Tensor frame_embedding =
      time_pos_embed_(sinusoidal_embedding(frame_numbers, channels_).to(x.scalar_type()))
          .repeat({N / frames, 1})
          .unsqueeze(1);
  for (size_t i = 0; i < transformer_blocks_->size(); ++i) {
    x = transformer_blocks_[i]->as<BasicTransformerBlockImpl>()->forward(x, context);
    const torch::Tensor temporal =
        temporal_transformer_blocks_[i]->as<TemporalBasicTransformerBlockImpl>()->forward(x + frame_embedding,
                                                                                          context, frames);
    x = time_mixer_(x, temporal);
  }
  return from_tokens(proj_out_(x), H, W) + input;
}

}  // namespace sfv::nn
