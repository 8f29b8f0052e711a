#include "sfv/tensor/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randn.h>

namespace sfv {

at::Generator make_generator(uint64_t seed) {
  return at::detail::createCPUGenerator(seed);
}

torch::Tensor draw_normal(at::IntArrayRef shape, at::Generator& generator) {
  return at::randn(shape, generator, at::kFloat);
}

}  // namespace sfv
