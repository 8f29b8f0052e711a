#include "sfv/nn/embeddings.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/silu.h>

#include <cmath>

namespace sfv::nn {

torch::Tensor sinusoidal_embedding(const torch::Tensor& t, int64_t dim) {
  const int64_t half = dim / 2;
  const double log_max_period = std::log(10000.0);
  const torch::Tensor exponent = at::arange(half, t.options().dtype(at::kFloat)) * -log_max_period / half;
  const torch::Tensor angle = t.to(at::kFloat).unsqueeze(1) * exponent.exp().unsqueeze(0);  // [N, half]
  const torch::Tensor embedding = at::cat({angle.cos(), angle.sin()}, 1);
  return dim % 2 == 0 ? embedding : at::constant_pad_nd(embedding, {0, 1});
}

TimestepEmbeddingImpl::TimestepEmbeddingImpl(int64_t in_channels, int64_t time_embed_dim, int64_t out_dim)
    : linear_1_(register_module("linear_1", Linear(in_channels, time_embed_dim))),
      linear_2_(register_module("linear_2", Linear(time_embed_dim, out_dim))) {}

torch::Tensor TimestepEmbeddingImpl::forward(const torch::Tensor& x) {
  return linear_2_(at::silu(linear_1_(x)));
}

}  // namespace sfv::nn
