#include "sfv/training/relativistic_loss.h"

#include <ATen/ops/softplus.h>

namespace sfv::training {
namespace {

torch::Tensor mean_softplus_of_difference(const PatchLogits& a, const PatchLogits& b) {
  check_pairs("relativistic_loss", a, b);
  PatchLogits values;
  for (size_t i = 0; i < a.size(); ++i) values.push_back(at::softplus(a[i] - b[i]));
  return mean_over_heads(values);
}

}  // namespace

torch::Tensor relativistic_discriminator_loss(const PatchLogits& real, const PatchLogits& fake) {
  return mean_softplus_of_difference(real, fake);
}

torch::Tensor relativistic_generator_loss(const PatchLogits& real, const PatchLogits& fake) {
  return mean_softplus_of_difference(fake, real);
}

}  // namespace sfv::training
