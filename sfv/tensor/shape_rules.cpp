#include "sfv/tensor/shape_rules.h"

#include <ATen/ExpandUtils.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/result_type.h>

namespace sfv {
namespace {

at::Tensor shaped_like(const at::Tensor& self) {
  return at::empty_like(self);
}

at::Tensor where(const at::Tensor& condition, const at::Tensor& self, const at::Tensor& other) {
  const auto sizes = at::infer_size(at::infer_size(condition.sizes(), self.sizes()), other.sizes());
  return at::empty(sizes, self.options().dtype(at::result_type(self, other)));
}

at::Tensor roll(const at::Tensor& self, at::IntArrayRef /*shifts*/, at::IntArrayRef /*dims*/) {
  return at::empty_like(self);
}

at::Tensor logical_and(const at::Tensor& self, const at::Tensor& other) {
  return at::empty(at::infer_size(self.sizes(), other.sizes()), self.options().dtype(at::kBool));
}

at::Tensor& logical_and_out(const at::Tensor& /*self*/, const at::Tensor& /*other*/, at::Tensor& out) {
  return out;  // the operation in place: it has the size
}

at::Scalar one(const at::Tensor& /*self*/) {
  return 1.0;
}

}  // namespace

void add_shape_rules(torch::Library& library) {
  library.impl("abs", &shaped_like);
  library.impl("relu", &shaped_like);
  library.impl("where.self", &where);
  library.impl("roll", &roll);
  library.impl("logical_and", &logical_and);
  library.impl("logical_and.out", &logical_and_out);
  library.impl("_local_scalar_dense", &one);
}

}  // namespace sfv
