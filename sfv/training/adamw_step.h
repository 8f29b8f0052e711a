#pragma once

#include <torch/types.h>

namespace sfv::training {

struct AdamWStep {
  double learning_rate, beta1, beta2, eps, weight_decay;
};

/// One step of AdamW in one pass over memory. mean, square: laid out like the parameter; steps: an int64
/// scalar on the CPU. A parameter without data stays as it is.
void adamw_step(torch::Tensor& parameter, const torch::Tensor& gradient, torch::Tensor& mean,
                torch::Tensor& square, torch::Tensor& steps, const AdamWStep& step);

/// Errors: kInvalidArgument, under the optimiser's name, for a value out of range.
void check_adamw(const char* name, double beta1, double beta2, double eps, double weight_decay);

}  // namespace sfv::training
