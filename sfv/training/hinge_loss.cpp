#include "sfv/training/hinge_loss.h"

#include <ATen/ops/relu.h>

namespace sfv::training {
namespace {

// Mean of max(0, 1 + sign * D).
torch::Tensor mean_hinge(const PatchLogits& logits, double sign) {
  PatchLogits hinges;
  for (const torch::Tensor& head : logits) hinges.push_back(at::relu(1 + sign * head));
  return mean_over_heads(hinges);
}

}  // namespace

torch::Tensor hinge_discriminator_loss(const PatchLogits& real, const PatchLogits& fake) {
  return mean_hinge(real, 1) + hinge_fake_loss(fake);
}

torch::Tensor hinge_fake_loss(const PatchLogits& fake) {
  return mean_hinge(fake, -1);
}

torch::Tensor hinge_generator_loss(const PatchLogits& fake) {
  return mean_over_heads(fake);
}

}  // namespace sfv::training
