#include "sfv/ops/own_kernels.h"

#include "sfv/core/cpu_features.h"
#include "sfv/tensor/planned_memory.h"

namespace sfv::ops {

bool takes_own_kernels(const torch::Tensor& x) {
  static const bool has_tiles = cpu_features().amx_bf16;
  return computes_on_cpu(x) &&
         (x.scalar_type() == at::kFloat || (x.scalar_type() == at::kBFloat16 && !has_tiles));
}

}  // namespace sfv::ops
