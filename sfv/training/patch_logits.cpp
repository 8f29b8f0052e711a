#include "sfv/training/patch_logits.h"

#include <ATen/ops/stack.h>

#include "sfv/core/check.h"

namespace sfv::training {

PatchLogits logits_of(const std::vector<models::HeadLogits>& heads) {
  PatchLogits logits;
  for (const models::HeadLogits& head : heads) logits.push_back(head.logits);
  return logits;
}

torch::Tensor mean_over_heads(const PatchLogits& values) {
  SFV_CHECK(!values.empty(), kInvalidArgument, "[patch_logits] expected the logits of at least one head");
  std::vector<torch::Tensor> means;
  for (const torch::Tensor& head : values) means.push_back(head.mean());
  return at::stack(means).mean();
}

std::vector<double> accuracy_on_real(const PatchLogits& real) {
  std::vector<double> shares;
  for (const torch::Tensor& head : real) shares.push_back(head.lt(0).to(at::kDouble).mean().item<double>());
  return shares;
}

std::vector<double> accuracy_on_fake(const PatchLogits& fake) {
  std::vector<double> shares;
  for (const torch::Tensor& head : fake) shares.push_back(head.gt(0).to(at::kDouble).mean().item<double>());
  return shares;
}

void check_pairs(const char* where, const PatchLogits& a, const PatchLogits& b) {
  SFV_CHECK(a.size() == b.size(), kInvalidArgument, "[", where, "] expected the same heads, got ", a.size(),
            " and ", b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    SFV_CHECK(a[i].sizes() == b[i].sizes(), kInvalidArgument, "[", where,
              "] expected logits of one shape, got ", a[i].sizes(), " and ", b[i].sizes());
  }
}

}  // namespace sfv::training
