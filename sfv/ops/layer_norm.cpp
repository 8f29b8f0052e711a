#include "sfv/ops/layer_norm.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/layer_norm.h>

#include "sfv/core/work.h"
#include "sfv/ops/cost.h"
#include "sfv/ops/float_norm.h"

namespace sfv::ops {

torch::Tensor layer_norm(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                         double eps) {
  count_work(kNormCost * static_cast<double>(x.numel()));
  if (x.is_meta()) return at::empty_like(x);
  const auto norm = [eps](const torch::Tensor& in, const torch::Tensor& w, const torch::Tensor& b) {
    return at::layer_norm(in, w.sizes(), w, b, eps);
  };
  // On the CPU libtorch takes short numbers beside float32 weights, and keeps x as it is.
  if (x.scalar_type() != weight.scalar_type() && !x.is_cpu()) return norm_in_float(x, weight, bias, norm);
  return norm(x, weight, bias);
}

}  // namespace sfv::ops
