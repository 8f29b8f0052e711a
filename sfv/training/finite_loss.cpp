#include "sfv/training/finite_loss.h"

#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>

#include <cmath>

#include "sfv/core/check.h"

namespace sfv::training {

std::string find_not_finite(const NamedTensors& tensors) {
  for (const NamedTensor& item : tensors)
    if (item.tensor.defined() && !at::isfinite(item.tensor).all().item<bool>()) return item.name;
  return {};
}

std::string find_bad_value(const NamedTensors& tensors) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> norms;
  for (const NamedTensor& item : tensors) norms.push_back(at::linalg_vector_norm(item.tensor));
  if (norms.empty() || std::isfinite(at::stack(norms).sum().item<double>())) return {};
  return find_not_finite(tensors);
}

double check_loss(std::string_view name, const torch::Tensor& loss, const NamedTensors& made) {
  const auto value = loss.item<double>();
  if (std::isfinite(value)) return value;
  const std::string first = find_not_finite(made);
  throw Error(ErrorCode::kNotFinite,
              concat("[", name, "] the loss is ", value,
                     first.empty() ? std::string("; all that it was computed from is finite")
                                   : "; the first tensor that is not finite is " + first));
}

}  // namespace sfv::training
