#include "sfv/ops/linear.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>

#include "sfv/core/trace.h"
#include "sfv/core/work.h"
#include "sfv/ops/cost.h"
#include "sfv/ops/cpu_linear.h"
#include "sfv/ops/cuda_kernels.h"
#include "sfv/ops/fused_geglu.h"
#include "sfv/tensor/mixed_precision.h"

namespace sfv::ops {
namespace {

// y has so many numbers.
void count_linear(int64_t numbers, const torch::Tensor& weight) {
  count_work(2.0 * static_cast<double>(numbers) * static_cast<double>(weight.size(1)));
}

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  const TraceSpan span(TraceKind::kOperator, "linear");
  const torch::Tensor x_factor = as_factor(x), weight_factor = as_factor(weight), b = as_factor(bias);
  const std::optional<torch::Tensor> fast = linear_on_cpu(x_factor, weight_factor, b);
  const torch::Tensor y =
      fast ? *fast : at::linear(x_factor, weight_factor, b.defined() ? std::optional(b) : std::nullopt);
  count_linear(y.numel(), weight);
  return y;
}

torch::Tensor linear_geglu(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  if (!suits_linear_geglu(x, weight, bias)) return geglu(linear(x, weight, bias));
  const TraceSpan span(TraceKind::kOperator, "linear_geglu");
  const torch::Tensor y = linear_geglu_on_cpu(x, weight, bias);
  count_linear(2 * y.numel(), weight);
  count_work(kGateCost * static_cast<double>(y.numel()));
  return y;
}

torch::Tensor geglu(const torch::Tensor& p) {
  const TraceSpan span(TraceKind::kOperator, "geglu");
  count_work(kGateCost * static_cast<double>(p.numel() / 2));
  if (auto fused = geglu_on_cuda(p)) return *fused;
  if (auto fused = geglu_on_cpu(p)) return *fused;
  const int64_t C = p.size(-1) / 2;
  return p.narrow(-1, 0, C) * at::gelu(p.narrow(-1, C, C));
}

}  // namespace sfv::ops
