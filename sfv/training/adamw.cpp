#include "sfv/training/adamw.h"

#include <cmath>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

bool is_share(double value) {
  return value >= 0 && value < 1;
}

}  // namespace

AdamW::AdamW(NamedTensors parameters, const AdamWOptions& options)
    : Optimizer(std::move(parameters)), options_(options) {
  SFV_CHECK(
      is_share(options.beta1) && is_share(options.beta2) && options.eps > 0 && options.weight_decay >= 0,
      kInvalidArgument, "[adamw] expected betas in [0, 1), eps > 0 and weight_decay >= 0, got ",
      options.beta1, ", ", options.beta2, ", ", options.eps, ", ", options.weight_decay);
  for (size_t i = 0; i < this->parameters().size(); ++i)
    states_.push_back({add_state(i, "mean"), add_state(i, "square"), add_counter(i, "steps")});
}

void AdamW::step_one(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient,
                     double learning_rate) {
  State& state = states_[i];
  const auto t = static_cast<double>(state.steps.add_(1).item<int64_t>());
  if (options_.weight_decay > 0) parameter.mul_(1 - learning_rate * options_.weight_decay);
  state.mean.lerp_(gradient, 1 - options_.beta1);
  state.square.mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
  const double mean_bias = 1 - std::pow(options_.beta1, t);
  const double square_bias = 1 - std::pow(options_.beta2, t);
  const torch::Tensor denominator = state.square.sqrt().div_(std::sqrt(square_bias)).add_(options_.eps);
  parameter.addcdiv_(state.mean, denominator, -learning_rate / mean_bias);
}

}  // namespace sfv::training
