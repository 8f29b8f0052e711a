#include "sfv/ops/attention.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>

#include <cmath>
#include <vector>

#include "sfv/core/trace.h"
#include "sfv/core/work.h"
#include "sfv/ops/cost.h"
#include "sfv/ops/cpu_attention.h"
#include "sfv/ops/cuda_kernels.h"
#include "sfv/ops/shape_only.h"
#include "sfv/ops/split.h"
#include "sfv/tensor/mixed_precision.h"
#include "sfv/tensor/planned_memory.h"

namespace sfv::ops {
namespace {

// Both products, and the passes over the matrix between them: of so many elements, for heads of D channels.
double attention_operations(int64_t elements, int64_t D) {
  return static_cast<double>(elements) * (4.0 * static_cast<double>(D) + kSoftmaxCost);
}

// Whether the matrix between the products may be kept. In training on a CPU that is several times faster than
// libtorch's fused attention, whose backward pass in bfloat16 takes 25 times as long where the sequence is a
// clip's 14 frames. Decided by sizes alone, so that a block which runs again does the same.
bool keeps_matrix(const torch::Tensor& q, const torch::Tensor& k) {
  constexpr int64_t kMostElements = int64_t{1} << 26;
  return is_mixed() && computes_on_cpu(q) && q.scalar_type() == MixedPrecision::current() &&
         q.numel() / q.size(3) * k.size(2) <= kMostElements;
}

// softmax takes its sums of short numbers in float32.
torch::Tensor plain_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  return at::matmul(at::softmax(at::matmul(q * scale, k.transpose(-1, -2)), -1), v);
}

// v: as k.
torch::Tensor counted_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) {
  count_work(attention_operations(q.numel() / q.size(3) * k.size(2), q.size(3)));
  if (keeps_matrix(q, k)) return plain_attention(q, k, v);
  if (!q.is_meta()) return at::scaled_dot_product_attention(q, k, v);
  // [N, heads, S, D] in the order [N, S, heads, D], as it comes out; the logarithm of each row's sum is kept.
  return shape_only({q, k, v}, q.transpose(1, 2).sizes(), q.scalar_type(), at::MemoryFormat::Contiguous,
                    q.numel() / q.size(3))
      .transpose(1, 2);
}

}  // namespace

torch::Tensor attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                        int64_t heads) {
  const TraceSpan span(TraceKind::kOperator, "attention");
  const int64_t N = q.size(0), S = q.size(1), C = q.size(2), L = k.size(1);
  const int64_t D = C / heads;
  const auto by_head = [&](const torch::Tensor& x) {
    return x.reshape({x.size(0), x.size(1), heads, D}).transpose(1, 2);
  };
  const auto attend = [&](const torch::Tensor& query, const torch::Tensor& key, const torch::Tensor& value) {
    if (auto y = attention_on_cpu(query, key, value, heads)) {
      count_work(attention_operations(query.size(0) * heads * query.size(1) * L, D));
      return *y;
    }
    const torch::Tensor y = counted_attention(by_head(query), by_head(key), by_head(value));
    return y.transpose(1, 2).reshape({query.size(0), query.size(1), C});
  };
  const double operations = attention_operations(N * heads * S * L, D);
  if (operations <= max_operations() || torch::GradMode::is_enabled()) return attend(q, k, v);
  std::vector<torch::Tensor> frames;
  for (int64_t n = 0; n < N; ++n) {
    const torch::Tensor key = k.narrow(0, n, 1), value = v.narrow(0, n, 1);
    frames.push_back(split_along(q.narrow(0, n, 1), 1, operations / static_cast<double>(N),
                                 [&](const torch::Tensor& rows) { return attend(rows, key, value); }));
  }
  return at::cat(frames);
}

torch::Tensor temporal_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                 int64_t heads) {
  const TraceSpan span(TraceKind::kOperator, "temporal_attention");
  const int64_t B = q.size(0), F = q.size(1), P = q.size(2), C = q.size(3);
  const auto by_pixel = [&](const torch::Tensor& x, int64_t b) {
    return x[b].view({F, P, heads, C / heads}).permute({1, 2, 0, 3});  // [P, heads, F, D]
  };
  std::optional<torch::Tensor> fused = temporal_attention_on_cuda(q, k, v, heads);
  if (!fused) fused = temporal_attention_on_cpu(q, k, v, heads);
  if (fused) {
    count_work(attention_operations(B * P * heads * F * F, C / heads));
    return *fused;
  }
  std::vector<torch::Tensor> videos;
  for (int64_t b = 0; b < B; ++b) {
    const torch::Tensor y = counted_attention(by_pixel(q, b), by_pixel(k, b), by_pixel(v, b));
    videos.push_back(y.permute({2, 0, 1, 3}).reshape({F, P, C}));
  }
  return B == 1 ? videos[0].unsqueeze(0) : at::stack(videos);
}

}  // namespace sfv::ops
