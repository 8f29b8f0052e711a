#include "sfv/tensor/parameter.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

namespace sfv {
namespace {

thread_local bool on_meta = false;

}  // namespace

torch::Tensor make_parameter(at::IntArrayRef shape) {
  if (on_meta) return at::empty(shape, at::TensorOptions().device(at::kMeta).dtype(at::kFloat));
  return at::zeros({}, at::kFloat).expand(shape);
}

MetaParameters::MetaParameters() : outer_(on_meta) {
  on_meta = true;
}
MetaParameters::~MetaParameters() {
  on_meta = outer_;
}

}  // namespace sfv
