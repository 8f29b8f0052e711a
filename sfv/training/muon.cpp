#include "sfv/training/muon.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/training/adamw_step.h"

namespace sfv::training {
namespace {

constexpr int64_t kLeastSide = 16;  // of a layer whose directions are worth telling apart
constexpr double kAdamWSize = 0.2;  // root mean square of AdamW's usual step, in learning rates

bool is_matrix(const torch::Tensor& p) {
  return p.dim() >= 2 && p.size(0) >= kLeastSide && p.size(1) >= kLeastSide;
}

}  // namespace

// Each iteration is Y <- (a I + b A + c A A) Y with A = Y Y^T. All of these are polynomials in the first A,
// so that they are taken in its size, the shorter side's, and Y itself is multiplied once.
torch::Tensor orthogonalize(const torch::Tensor& x) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  constexpr int kIterations = 5;
  const bool is_tall = x.size(0) > x.size(1);
  const torch::Tensor wide = is_tall ? x.t() : x;
  const torch::Tensor y = wide / (at::linalg_vector_norm(wide) + 1e-20);  // 0 stays 0
  torch::Tensor A = at::mm(y, y.t()), product;
  for (int i = 0; i < kIterations; ++i) {
    torch::Tensor polynomial = at::addmm(A, A, A, b, c);
    polynomial.diagonal().add_(a);
    product = i == 0 ? polynomial : at::mm(polynomial, product);
    if (i + 1 < kIterations) A = at::mm(polynomial, at::mm(polynomial, A));
  }
  const torch::Tensor result = at::mm(product, y);
  return is_tall ? result.t() : result;
}

Muon::Muon(NamedTensors parameters, const MuonOptions& options)
    : Optimizer(std::move(parameters)), options_(options) {
  SFV_CHECK(options.momentum >= 0 && options.momentum < 1, kInvalidArgument,
            "[muon] expected momentum in [0, 1), got ", options.momentum);
  check_adamw("muon", options.beta1, options.beta2, options.eps, options.weight_decay);
  for (size_t i = 0; i < this->parameters().size(); ++i) {
    if (is_matrix(this->parameters()[i].tensor)) {
      states_.push_back({add_state(i, "momentum"), {}, {}, {}});
    } else {
      states_.push_back({{}, add_state(i, "mean"), add_state(i, "square"), add_counter(i, "steps")});
    }
  }
}

void Muon::step_one(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient, double learning_rate) {
  State& state = states_[i];
  if (!state.momentum.defined()) {
    const AdamWStep step{learning_rate, options_.beta1, options_.beta2, options_.eps, options_.weight_decay};
    adamw_step(parameter, gradient, state.mean, state.square, state.steps, step);
    return;
  }
  state.momentum.lerp_(gradient, 1 - options_.momentum);
  const torch::Tensor ahead = gradient.lerp(state.momentum, options_.momentum);
  const torch::Tensor update = orthogonalize(ahead.flatten(1));
  const auto side = static_cast<double>(std::max(update.size(0), update.size(1)));
  if (options_.weight_decay > 0) parameter.mul_(1 - learning_rate * options_.weight_decay);
  parameter.add_(update.view_as(ahead), -learning_rate * kAdamWSize * std::sqrt(side));
}

}  // namespace sfv::training
