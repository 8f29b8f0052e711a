#include "sfv/training/ema.h"

#include <ATen/ops/zeros.h>

#include <algorithm>

#include "sfv/core/check.h"

namespace sfv::training {

Ema::Ema(const NamedTensors& parameters, const EmaOptions& options)
    : options_(options), parameters_(parameters), updates_(at::zeros({}, at::kLong)) {
  SFV_CHECK(options.decay >= 0 && options.decay < 1, kInvalidArgument,
            "[ema] expected a decay in [0, 1), got ", options.decay);
  SFV_CHECK(options.warm_up >= 0, kInvalidArgument, "[ema] expected a warm-up >= 0, got ", options.warm_up);
  for (const NamedTensor& item : parameters_) {
    const torch::Tensor& parameter = item.tensor;
    if (options.decay == 0) {
      averages_.push_back({item.name, parameter.detach()});  // the same numbers, and no memory
      continue;
    }
    const auto dtype = parameter.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    // A tensor without data stays where it is.
    const bool on_host = options.on_host && !parameter.is_meta();
    const torch::Device device = on_host ? torch::Device(torch::kCPU) : parameter.device();
    averages_.push_back(
        {item.name, parameter.detach().to(device, dtype, /*non_blocking=*/false, /*copy=*/true)});
  }
}

double Ema::next_decay() const {
  if (options_.warm_up == 0) return options_.decay;
  const auto n = static_cast<double>(updates_.item<int64_t>() + 1);
  return std::min(options_.decay, (1 + n) / (static_cast<double>(options_.warm_up) + n));
}

void Ema::update() {
  const torch::NoGradGuard no_grad;
  const double share = 1 - next_decay();
  updates_.add_(1);
  if (options_.decay == 0) return;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    torch::Tensor& average = averages_[i].tensor;
    average.lerp_(parameters_[i].tensor.detach().to(average.options()), share);
  }
}

}  // namespace sfv::training
