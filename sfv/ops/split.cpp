#include "sfv/ops/split.h"

namespace sfv::ops {
namespace {

thread_local double current_limit = 3e10;  // about half a second on two cores without AVX-512

}  // namespace

double max_operations() {
  return current_limit;
}

MaxOperations::MaxOperations(double limit) : outer_(current_limit) {
  current_limit = limit;
}
MaxOperations::~MaxOperations() {
  current_limit = outer_;
}

}  // namespace sfv::ops
