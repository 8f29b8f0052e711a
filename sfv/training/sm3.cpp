#include "sfv/training/sm3.h"

#include <ATen/ops/amax.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>

#include <algorithm>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

constexpr double kTiny = 1e-30;  // the port's eps

}  // namespace

Sm3::Sm3(NamedTensors parameters, const Sm3Options& options)
    : Optimizer(std::move(parameters)), options_(options) {
  SFV_CHECK(options.momentum >= 0 && options.momentum < 1 && options.beta >= 0 && options.beta < 1,
            kInvalidArgument, "[sm3] expected momentum and beta in [0, 1), got ", options.momentum, " and ",
            options.beta);
  for (size_t i = 0; i < this->parameters().size(); ++i) {
    const torch::Tensor& parameter = this->parameters()[i].tensor;
    std::vector<torch::Tensor> accumulators;
    for (int64_t d = 0; d < std::max<int64_t>(parameter.dim(), 1); ++d) {
      std::vector<int64_t> shape(parameter.dim(), 1);
      if (parameter.dim() > 0) shape[d] = parameter.size(d);
      accumulators.push_back(add_state(i, "accumulator." + std::to_string(d), shape));
    }
    accumulators_.push_back(std::move(accumulators));
    if (options.momentum > 0) momenta_.push_back(add_state(i, "momentum"));
  }
}

void Sm3::step_one(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient, double learning_rate) {
  std::vector<torch::Tensor>& accumulators = accumulators_[i];
  torch::Tensor v = accumulators[0];
  for (size_t d = 1; d < accumulators.size(); ++d) v = at::minimum(v, accumulators[d]);
  v = options_.beta > 0 ? (v * options_.beta).addcmul(gradient, gradient, 1 - options_.beta)
                        : v.addcmul(gradient, gradient);
  for (size_t d = 0; d < accumulators.size(); ++d) {
    std::vector<int64_t> others;
    for (int64_t k = 0; k < v.dim(); ++k)
      if (k != static_cast<int64_t>(d)) others.push_back(k);
    const torch::Tensor largest = others.empty() ? v : at::amax(v, others, /*keepdim=*/true);
    if (options_.beta > 0) {
      at::maximum_out(accumulators[d], accumulators[d], largest);
    } else {
      accumulators[d].copy_(largest);
    }
  }
  torch::Tensor update = gradient / v.add_(kTiny).sqrt_();
  if (options_.momentum > 0) update = momenta_[i].mul_(options_.momentum).add_(update, 1 - options_.momentum);
  parameter.add_(update, -learning_rate);
}

}  // namespace sfv::training
