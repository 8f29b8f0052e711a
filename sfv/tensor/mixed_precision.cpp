// The idea is Micikevicius et al. 2018, "Mixed Precision Training": products in a short format, weights that
// are updated in float32.
#include "sfv/tensor/mixed_precision.h"

#include "sfv/tensor/planned_memory.h"

namespace sfv {
namespace {

thread_local at::ScalarType current_dtype = at::kFloat;

}  // namespace

MixedPrecision::MixedPrecision(at::ScalarType compute) : outer_(current_dtype) {
  current_dtype = compute;
}
MixedPrecision::~MixedPrecision() {
  current_dtype = outer_;
}

at::ScalarType MixedPrecision::current() {
  return current_dtype;
}

bool is_mixed() {
  return current_dtype != at::kFloat;
}

torch::Tensor as_factor(const torch::Tensor& x) {
  if (!is_mixed() || !x.defined() || x.scalar_type() != at::kFloat) return x;
  // What was not computed from other tensors is a weight, but for an input here and there.
  const PlannedKindScope kind(x.is_leaf() ? PlannedKind::kWeightCopy : PlannedKind::kOther);
  return x.to(current_dtype);
}

}  // namespace sfv
