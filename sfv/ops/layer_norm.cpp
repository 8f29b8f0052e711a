#include "sfv/ops/layer_norm.h"

#include <ATen/ops/layer_norm.h>

#include "sfv/core/trace.h"
#include "sfv/core/work.h"
#include "sfv/ops/cost.h"
#include "sfv/ops/float_norm.h"
#include "sfv/ops/shape_only.h"
#include "sfv/tensor/planned_memory.h"

namespace sfv::ops {

torch::Tensor layer_norm(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                         double eps) {
  const TraceSpan span(TraceKind::kOperator, "layer_norm");
  count_work(kNormCost * static_cast<double>(x.numel()));
  const auto norm = [eps](const torch::Tensor& in, const torch::Tensor& w, const torch::Tensor& b) {
    if (!in.is_meta()) return at::layer_norm(in, w.sizes(), w, b, eps);
    // Mean and deviation of each row.
    return shape_only({in, w, b}, in.sizes(), in.scalar_type(), at::MemoryFormat::Contiguous,
                      2 * in.numel() / in.size(-1));
  };
  // On the CPU libtorch takes short numbers beside float32 weights, and keeps x as it is.
  if (x.scalar_type() != weight.scalar_type() && !computes_on_cpu(x))
    return norm_in_float(x, weight, bias, norm);
  return norm(x, weight, bias);
}

}  // namespace sfv::ops
