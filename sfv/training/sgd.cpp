#include "sfv/training/sgd.h"

#include <utility>

#include "sfv/core/check.h"

namespace sfv::training {

Sgd::Sgd(NamedTensors parameters, const SgdOptions& options)
    : Optimizer(std::move(parameters)), options_(options) {
  SFV_CHECK(options.momentum >= 0 && options.momentum < 1 && options.weight_decay >= 0, kInvalidArgument,
            "[sgd] expected momentum in [0, 1) and weight_decay of 0 or more, got ", options.momentum,
            " and ", options.weight_decay);
  if (options.momentum == 0) return;
  for (size_t i = 0; i < this->parameters().size(); ++i) momenta_.push_back(add_state(i, "momentum"));
}

void Sgd::step_one(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient, double learning_rate) {
  torch::Tensor update = gradient;
  if (options_.weight_decay > 0) update = update.add(parameter, options_.weight_decay);
  if (options_.momentum > 0) update = momenta_[i].mul_(options_.momentum).add_(update);
  parameter.add_(update, -learning_rate);
}

}  // namespace sfv::training
