#pragma once

#include "sfv/training/optimizer.h"

namespace sfv::training {

struct AdamWOptions {
  double beta1 = 0.9;       // [0, 1)
  double beta2 = 0.999;     // [0, 1)
  double eps = 1e-8;        // > 0
  double weight_decay = 0;  // >= 0
};

/// Adam with decoupled weight decay, torch.optim.AdamW's formula: p -= learning_rate weight_decay p; m, v the
/// running means of g and g^2; p -= learning_rate m_hat / (sqrt(v_hat) + eps), with the bias of the first
/// steps taken out. Source: Loshchilov and Hutter, 1711.05101.
class AdamW : public Optimizer {
 public:
  /// Errors: kInvalidArgument.
  AdamW(NamedTensors parameters, const AdamWOptions& options);

 protected:
  void step_one(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient,
                double learning_rate) override;

 private:
  struct State {
    torch::Tensor mean, square;  // like the parameter
    torch::Tensor steps;         // [], steps taken; on the CPU
  };
  AdamWOptions options_;
  std::vector<State> states_;
};

}  // namespace sfv::training
