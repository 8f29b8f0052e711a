#include "sfv/training/gradient_balance.h"

#include <ATen/ops/zeros.h>

#include <algorithm>

namespace sfv::training {

GradientBalance::GradientBalance(const ReconstructionOptions& options)
    : options_(options), smoothed_(at::zeros({2}, at::kDouble)) {}

double GradientBalance::lambda(int64_t iteration, double adversarial_norm, double reconstruction_norm) {
  switch (options_.schedule) {
    case LambdaKind::kConstant:
      return options_.lambda;
    case LambdaKind::kAnnealed: {
      const double part =
          std::min(1.0, static_cast<double>(iteration) / static_cast<double>(options_.anneal_steps));
      return options_.lambda + part * (options_.lambda_end - options_.lambda);
    }
    case LambdaKind::kBalanced:
      break;
  }
  auto* smoothed = smoothed_.data_ptr<double>();
  const bool is_first = smoothed[0] == 0 && smoothed[1] == 0;
  const double keep = is_first ? 0 : options_.balance_decay;
  smoothed[0] = keep * smoothed[0] + (1 - keep) * adversarial_norm;
  smoothed[1] = keep * smoothed[1] + (1 - keep) * reconstruction_norm;
  if (!(smoothed[0] > 0 && smoothed[1] > 0)) return options_.lambda;
  return options_.ratio * smoothed[0] / smoothed[1];
}

}  // namespace sfv::training
