#pragma once

#include "sfv/training/optimizer.h"

namespace sfv::training {

struct Sm3Options {
  double momentum = 0.5;  // [0, 1); SF-V
  double beta = 0.999;    // [0, 1); SF-V; 0 adds squares up, as the original does
};

/// SM3-II: second moments kept as one vector for each dimension of a tensor instead of a number for each
/// number, a_d of length n_d. With v = min over d of a_d (broadcast):
///   v = beta v + (1 - beta) g^2 (beta = 0: v + g^2);  a_d = max over the other dimensions of v, and of the
///   old a_d if beta > 0;  u = g / sqrt(v + 1e-30);  u = (1 - momentum) u + momentum m;  m = u;  p -=
///   learning_rate u
/// A scalar or vector has a full v. With beta > 0 the accumulators never fall and have no bias correction:
/// the first steps are 1 / sqrt(1 - beta) times as large as later ones, so use a warm-up. Source: Anil et al.
/// 2019, 1901.11150; the names and the form with beta are the PyTorch port's.
class Sm3 : public Optimizer {
 public:
  /// Errors: kInvalidArgument.
  Sm3(NamedTensors parameters, const Sm3Options& options);

 protected:
  void step_one(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient,
                double learning_rate) override;

 private:
  Sm3Options options_;
  std::vector<std::vector<torch::Tensor>> accumulators_;  // [1, …, n_d, …, 1] for each dimension
  std::vector<torch::Tensor> momenta_;                    // empty without momentum
};

}  // namespace sfv::training
