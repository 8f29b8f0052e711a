#include "sfv/tensor/finite.h"

#include <ATen/ops/isfinite.h>

#include "sfv/core/check.h"

namespace sfv {

void check_finite(const torch::Tensor& x, const std::string& stage) {
  if (x.is_meta()) return;
  // A sum is finite only if every term is, unless finite terms overflow it: then look at each.
  if (std::isfinite(x.sum(at::kFloat).item<float>()) || at::isfinite(x).all().item<bool>()) return;
  const bool is_half = x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
  throw Error(
      ErrorCode::kNotFinite,
      concat("[", stage, "] expected finite numbers, found NaN or Inf (computed in ", x.scalar_type(), "); ",
             is_half ? "try --dtype fp32, or bf16 instead of fp16"
                     : "check the model's files with sfv model verify"));
}

}  // namespace sfv
