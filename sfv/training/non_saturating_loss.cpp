#include "sfv/training/non_saturating_loss.h"

#include <ATen/ops/softplus.h>

namespace sfv::training {
namespace {

torch::Tensor mean_softplus(const PatchLogits& logits, double sign) {
  PatchLogits values;
  for (const torch::Tensor& head : logits) values.push_back(at::softplus(sign * head));
  return mean_over_heads(values);
}

}  // namespace

torch::Tensor non_saturating_discriminator_loss(const PatchLogits& real, const PatchLogits& fake) {
  return mean_softplus(real, 1) + non_saturating_fake_loss(fake);
}

torch::Tensor non_saturating_fake_loss(const PatchLogits& fake) {
  return mean_softplus(fake, -1);
}

torch::Tensor non_saturating_generator_loss(const PatchLogits& fake) {
  return mean_softplus(fake, 1);
}

}  // namespace sfv::training
