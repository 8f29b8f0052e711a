#include "sfv/training/gradient_norm.h"

#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>

#include <cmath>

#include "sfv/core/check.h"

namespace sfv::training {

double gradient_norm(const NamedTensors& parameters) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> norms;
  for (const NamedTensor& item : parameters)
    if (item.tensor.grad().defined()) norms.push_back(at::linalg_vector_norm(item.tensor.grad()));
  // One transfer from the device, in double: squares of float norms of large networks are far apart.
  if (norms.empty()) return 0;
  return at::linalg_vector_norm(at::stack(norms).to(at::kDouble)).item<double>();
}

double clip_gradients(const NamedTensors& parameters, double max_norm) {
  SFV_CHECK(max_norm > 0, kInvalidArgument, "[clip_gradients] expected a norm above 0, got ", max_norm);
  const double norm = gradient_norm(parameters);
  if (!std::isfinite(norm) || norm <= max_norm) return norm;
  const torch::NoGradGuard no_grad;
  for (const NamedTensor& item : parameters)
    if (item.tensor.grad().defined()) item.tensor.mutable_grad().mul_(max_norm / norm);
  return norm;
}

std::string find_bad_gradient(const NamedTensors& parameters) {
  for (auto item = parameters.rbegin(); item != parameters.rend(); ++item) {
    if (item->tensor.grad().defined() && !at::isfinite(item->tensor.grad()).all().item<bool>())
      return item->name;
  }
  return {};
}

}  // namespace sfv::training
