#include "sfv/training/latent_scale.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <cmath>

namespace sfv::training {
namespace {

constexpr double kForget = 0.99;

}  // namespace

LatentScale::LatentScale() : sums_(at::zeros({3}, at::kDouble)) {}

void LatentScale::add(const at::Tensor& latents) {
  const torch::NoGradGuard no_grad;
  const at::Tensor values = latents.detach().to(at::kDouble);
  const double mean = values.mean().item<double>();
  const double square = values.square().mean().item<double>();
  sums_.mul_(kForget).add_(at::tensor({1.0, mean, square}, at::kDouble));
}

double LatentScale::scaling_factor(double otherwise) const {
  const double weight = sums_[0].item<double>();
  if (weight <= 0) return otherwise;
  const double mean = sums_[1].item<double>() / weight;
  const double variance = sums_[2].item<double>() / weight - mean * mean;
  return variance > 0 ? 1 / std::sqrt(variance) : otherwise;
}

}  // namespace sfv::training
