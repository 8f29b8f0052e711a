#include "sfv/training/adamw.h"

#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty_like.h>

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
  state.steps.add_(1);
  if (parameter.is_meta()) return;  // it would be changed in place, without memory of its own
  // The kernel walks through memory, whatever the strides.
  const torch::Tensor g =
      gradient.strides() == parameter.strides() ? gradient : at::empty_like(parameter).copy_(gradient);
  at::_fused_adamw_({parameter}, {g}, {state.mean}, {state.square}, /*max_exp_avg_sqs=*/{},
                    {state.steps.to(parameter.device(), at::kFloat)}, learning_rate, options_.beta1,
                    options_.beta2, options_.weight_decay, options_.eps, /*amsgrad=*/false,
                    /*maximize=*/false);
}

}  // namespace sfv::training
