#include "sfv/training/reconstruction_loss.h"

#include <ATen/ops/zeros.h>

#include <cmath>

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

// a - b as [B, elements].
torch::Tensor error_of(const torch::Tensor& a, const torch::Tensor& b) {
  SFV_CHECK(a.sizes() == b.sizes() && a.dim() >= 2 && a.numel() > 0, kInvalidArgument,
            "[reconstruction_loss] expected two tensors [B, …] of one shape, got ", a.sizes(), " and ",
            b.sizes());
  return (a - b).flatten(1);
}

void check_scale(double c) {
  SFV_CHECK(c > 0 && std::isfinite(c), kInvalidArgument, "[reconstruction_loss] expected c > 0, got ", c);
}

}  // namespace

torch::Tensor pseudo_huber_per_sample(const torch::Tensor& x0_hat, const torch::Tensor& x0, double c) {
  check_scale(c);
  return (error_of(x0_hat, x0).square().sum(1) + c * c).sqrt() - c;
}

double pseudo_huber_scale(int64_t elements) {
  return 0.00054 * std::sqrt(static_cast<double>(elements));
}

torch::Tensor pseudo_huber_per_element(const torch::Tensor& x0_hat, const torch::Tensor& x0, double c) {
  check_scale(c);
  return ((error_of(x0_hat, x0).square() + c * c).sqrt() - c).mean(1);
}

torch::Tensor mean_squared_error(const torch::Tensor& x0_hat, const torch::Tensor& x0) {
  return error_of(x0_hat, x0).square().mean(1);
}

torch::Tensor edm_weight(const torch::Tensor& sigma) {
  const torch::Tensor square = sigma.square();
  return (1 + square) / square;
}

torch::Tensor frame_difference_loss(const torch::Tensor& clip, const torch::Tensor& target) {
  const torch::Tensor error = error_of(clip, target).view(clip.sizes());
  const int64_t F = clip.size(1);
  if (F == 1) return at::zeros({clip.size(0)}, clip.options());
  // The difference of the changes is the change of the differences.
  const torch::Tensor change = error.narrow(1, 1, F - 1) - error.narrow(1, 0, F - 1);
  return change.abs().flatten(1).mean(1);
}

}  // namespace sfv::training
