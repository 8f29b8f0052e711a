#include "sfv/nn/attention.h"

#include "sfv/core/check.h"
#include "sfv/ops/attention.h"
#include "sfv/tensor/layout.h"

namespace sfv::nn {

AttentionImpl::AttentionImpl(int64_t query_dim, int64_t context_dim, int64_t heads, bool qkv_bias)
    : heads_(heads),
      to_q_(register_module("to_q", Linear(query_dim, query_dim, qkv_bias))),
      to_k_(register_module("to_k", Linear(context_dim, query_dim, qkv_bias))),
      to_v_(register_module("to_v", Linear(context_dim, query_dim, qkv_bias))),
      to_out_(register_module("to_out", torch::nn::ModuleList(Linear(query_dim, query_dim)))) {
  SFV_CHECK(heads > 0 && query_dim % heads == 0, kInvalidFile, "[Attention] the model's config asks for ",
            heads, " heads over ", query_dim, " channels, which do not divide");
}

torch::Tensor AttentionImpl::project_out(const torch::Tensor& x) {
  return to_out_[0]->as<LinearImpl>()->forward(x);
}

torch::Tensor AttentionImpl::forward_self(const torch::Tensor& x) {
  return project_out(ops::attention(to_q_(x), to_k_(x), to_v_(x), heads_));
}

torch::Tensor AttentionImpl::forward_temporal(const torch::Tensor& x) {
  return project_out(ops::temporal_attention(to_q_(x), to_k_(x), to_v_(x), heads_));
}

torch::Tensor AttentionImpl::forward_one_token(const torch::Tensor& context) {
  return project_out(to_v_(context));
}

torch::Tensor AttentionImpl::forward_context(const torch::Tensor& x, const torch::Tensor& context) {
  const int64_t repeats = x.size(0) / context.size(0);
  const torch::Tensor k = to_k_(context).repeat_interleave(repeats, 0);
  const torch::Tensor v = to_v_(context).repeat_interleave(repeats, 0);
  return project_out(ops::attention(to_q_(x), k, v, heads_));
}

SpatialAttentionBlockImpl::SpatialAttentionBlockImpl(int64_t channels, double eps)
    : AttentionImpl(channels, channels, 1, true),
      group_norm_(register_module("group_norm", GroupNorm(channels, eps))) {}

torch::Tensor SpatialAttentionBlockImpl::forward(const torch::Tensor& x) {
  const int64_t H = x.size(2), W = x.size(3);
  const torch::Tensor tokens = as_nhwc(group_norm_(x)).flatten(1, 2);  // [N, H*W, C]
  return from_tokens(forward_self(tokens), H, W) + x;
}

}  // namespace sfv::nn
