#include "sfv/training/adamw_step.h"

#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty_like.h>

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

bool is_share(double value) {
  return value >= 0 && value < 1;
}

}  // namespace

void adamw_step(torch::Tensor& parameter, const torch::Tensor& gradient, torch::Tensor& mean,
                torch::Tensor& square, torch::Tensor& steps, const AdamWStep& step) {
  steps.add_(1);
  if (parameter.is_meta()) return;  // it would be changed in place, without memory of its own
  // The kernel walks through memory, whatever the strides.
  const torch::Tensor g =
      gradient.strides() == parameter.strides() ? gradient : at::empty_like(parameter).copy_(gradient);
  at::_fused_adamw_({parameter}, {g}, {mean}, {square}, /*max_exp_avg_sqs=*/{},
                    {steps.to(parameter.device(), at::kFloat)}, step.learning_rate, step.beta1, step.beta2,
                    step.weight_decay, step.eps, /*amsgrad=*/false, /*maximize=*/false);
}

void check_adamw(const char* name, double beta1, double beta2, double eps, double weight_decay) {
  SFV_CHECK(is_share(beta1) && is_share(beta2) && eps > 0 && weight_decay >= 0, kInvalidArgument, "[", name,
            "] expected betas in [0, 1), eps > 0 and weight_decay >= 0, got ", beta1, ", ", beta2, ", ", eps,
            ", ", weight_decay);
}

}  // namespace sfv::training
