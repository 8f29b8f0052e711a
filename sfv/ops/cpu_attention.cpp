#include "sfv/ops/cpu_attention.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "sfv/ops/cpu/attention_kernel.h"
#include "sfv/ops/cpu/product_kernel.h"
#include "sfv/ops/cpu/temporal_attention_kernel.h"
#include "sfv/ops/own_kernels.h"
#include "sfv/tensor/mixed_precision.h"

namespace sfv::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kLeastKeys = 64;  // below, packing them costs more than the products

// In training with mixed precision the matrix is kept, see ops/attention.cpp. Gradients are no matter: a
// block that runs first without and then with them has to give the same bytes.
bool is_suitable(const torch::Tensor& x) {
  return x.is_cpu() && !is_mixed() && x.numel() > 0;
}

// libtorch's attention of bfloat16 numbers runs at a fraction of its products' rate, with matrix tiles, too.
bool has_products(const torch::Tensor& x) {
  const bool has_tiles = cpu::short_products() == cpu::ShortProducts::kTiles;
  return takes_own_kernels(x) || (x.scalar_type() == at::kBFloat16 && has_tiles);
}

// q, k, v, y [N, S or L, heads * D].
struct Spatial {
  static void run(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v, int64_t heads,
                  const torch::Tensor& y) {
    const cpu::AttentionSizes sizes = {
        .pictures = q.size(0), .heads = heads, .S = q.size(1), .L = k.size(1), .D = q.size(2) / heads};
    const torch::Tensor space =
        at::empty({cpu::attention_workspace(sizes, at::get_num_threads())}, at::kByte);
    with_numbers(q, [&](const auto& of) {
      cpu::attention(sizes, of(q), of(k), of(v), of(y), static_cast<std::byte*>(space.mutable_data_ptr()));
    });
  }

  static torch::Tensor by_libtorch(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                   int64_t heads) {
    const auto by_head = [heads](const torch::Tensor& x) {
      return x.unflatten(2, {heads, -1}).transpose(1, 2);
    };
    return at::scaled_dot_product_attention(by_head(q), by_head(k), by_head(v)).transpose(1, 2).flatten(2);
  }
};

// [B, F, P, heads * D].
struct Temporal {
  static void run(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v, int64_t heads,
                  const torch::Tensor& y) {
    const cpu::TemporalAttentionSizes sizes = {
        .B = q.size(0), .F = q.size(1), .P = q.size(2), .heads = heads, .D = q.size(3) / heads};
    with_numbers(q, [&](const auto& of) { cpu::temporal_attention(sizes, of(q), of(k), of(v), of(y)); });
  }

  static torch::Tensor by_libtorch(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                   int64_t heads) {
    const auto by_pixel = [heads](const torch::Tensor& x) {
      return x.unflatten(3, {heads, -1}).permute({0, 2, 3, 1, 4}).flatten(0, 1);  // [B P, heads, F, D]
    };
    return at::scaled_dot_product_attention(by_pixel(q), by_pixel(k), by_pixel(v))
        .unflatten(0, {q.size(0), q.size(2)})
        .permute({0, 3, 1, 2, 4})
        .flatten(3);
  }
};

// Forward by Kind's kernel, backward by libtorch's attention, computed anew.
template <typename Kind>
struct AttentionFunction : torch::autograd::Function<AttentionFunction<Kind>> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v, int64_t heads) {
    context->save_for_backward({q, k, v});
    context->saved_data["heads"] = heads;
    const torch::Tensor y = at::empty_like(q);
    Kind::run(q, k, v, heads, y);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const int64_t heads = context->saved_data["heads"].toInt();
    const torch::AutoGradMode with_gradients(true);
    variable_list leaves;
    for (const torch::Tensor& x : context->get_saved_variables())
      leaves.push_back(x.detach().requires_grad_(true));
    const torch::Tensor y = Kind::by_libtorch(leaves[0], leaves[1], leaves[2], heads);
    variable_list result = torch::autograd::grad({y}, leaves, {gradients[0]});
    result.emplace_back();
    return result;
  }
};

}  // namespace

std::optional<torch::Tensor> attention_on_cpu(const torch::Tensor& q, const torch::Tensor& k,
                                              const torch::Tensor& v, int64_t heads) {
  if (!is_suitable(q) || !has_products(q) || q.size(2) / heads % cpu::kAttentionChannels != 0 ||
      k.size(1) < kLeastKeys)
    return std::nullopt;
  return AttentionFunction<Spatial>::apply(q.contiguous(), k.contiguous(), v.contiguous(), heads);
}

std::optional<torch::Tensor> temporal_attention_on_cpu(const torch::Tensor& q, const torch::Tensor& k,
                                                       const torch::Tensor& v, int64_t heads) {
  const int64_t D = q.size(3) / heads;
  const bool is_size =
      D % cpu::kTemporalChannels == 0 && D <= cpu::kMostTemporalChannels && q.size(1) <= cpu::kMostFrames;
  if (!is_suitable(q) || !takes_own_kernels(q) || !is_size) return std::nullopt;
  return AttentionFunction<Temporal>::apply(q.contiguous(), k.contiguous(), v.contiguous(), heads);
}

}  // namespace sfv::ops
