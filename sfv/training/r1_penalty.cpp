#include "sfv/training/r1_penalty.h"

#include <ATen/ops/stack.h>
#include <torch/csrc/autograd/autograd.h>

#include "sfv/core/check.h"

namespace sfv::training {

torch::Tensor r1_penalty(const std::vector<models::HeadLogits>& heads,
                         const std::vector<torch::Tensor>& taps) {
  SFV_CHECK(!heads.empty(), kInvalidArgument, "[r1_penalty] expected the logits of at least one head");
  std::vector<torch::Tensor> norms;
  for (const models::HeadLogits& head : heads) {
    SFV_CHECK(head.tap >= 0 && head.tap < static_cast<int64_t>(taps.size()) && taps[head.tap].requires_grad(),
              kInvalidArgument, "[r1_penalty] expected the tap of ", head.name, " to want gradients");
    // Of this head's logits alone: others on the same tap have other paths to it.
    const torch::Tensor gradient =
        torch::autograd::grad({head.logits.sum()}, {taps[head.tap]}, {}, /*retain_graph=*/true,
                              /*create_graph=*/true)[0];
    norms.push_back(gradient.square().sum() / static_cast<double>(head.logits.size(0)));
  }
  return at::stack(norms).sum();
}

std::vector<torch::Tensor> begin_features(const std::vector<torch::Tensor>& taps) {
  std::vector<torch::Tensor> features;
  for (const torch::Tensor& tap : taps) {
    const bool is_wide = tap.scalar_type() == at::kDouble || tap.scalar_type() == at::kFloat;
    features.push_back((is_wide ? tap.detach() : tap.detach().to(at::kFloat)).requires_grad_());
  }
  return features;
}

torch::Tensor approximate_r1_penalty(const PatchLogits& logits, const PatchLogits& perturbed) {
  check_pairs("approximate_r1_penalty", logits, perturbed);
  PatchLogits squares;
  for (size_t i = 0; i < logits.size(); ++i) squares.push_back((logits[i] - perturbed[i]).square());
  return mean_over_heads(squares);
}

}  // namespace sfv::training
