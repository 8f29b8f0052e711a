#include "sfv/training/adamw.h"

#include <utility>

#include "sfv/training/adamw_step.h"

namespace sfv::training {

AdamW::AdamW(NamedTensors parameters, const AdamWOptions& options)
    : Optimizer(std::move(parameters)), options_(options) {
  check_adamw("adamw", options.beta1, options.beta2, options.eps, options.weight_decay);
  for (size_t i = 0; i < this->parameters().size(); ++i)
    states_.push_back({add_state(i, "mean"), add_state(i, "square"), add_counter(i, "steps")});
}

void AdamW::step_one(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient,
                     double learning_rate) {
  State& state = states_[i];
  const AdamWStep step{learning_rate, options_.beta1, options_.beta2, options_.eps, options_.weight_decay};
  adamw_step(parameter, gradient, state.mean, state.square, state.steps, step);
}

}  // namespace sfv::training
