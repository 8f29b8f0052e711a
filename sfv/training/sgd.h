#pragma once

#include "sfv/training/optimizer.h"

namespace sfv::training {

struct SgdOptions {
  double momentum = 0;      // [0, 1)
  double weight_decay = 0;  // >= 0, added to the gradient
};

/// m = momentum m + g, p -= learning_rate m: torch.optim.SGD.
class Sgd : public Optimizer {
 public:
  Sgd(NamedTensors parameters, const SgdOptions& options);

 protected:
  void step_one(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient,
                double learning_rate) override;

 private:
  SgdOptions options_;
  std::vector<torch::Tensor> momenta_;  // empty without momentum
};

}  // namespace sfv::training
