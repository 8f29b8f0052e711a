#pragma once

#include "sfv/training/optimizer.h"

namespace sfv::training {

struct MuonOptions {
  double momentum = 0.95;   // [0, 1), Nesterov's
  double beta1 = 0.9;       // [0, 1); these three of what AdamW steps
  double beta2 = 0.999;     // [0, 1)
  double eps = 1e-8;        // > 0
  double weight_decay = 0;  // >= 0, of both
};

/// Muon: a layer's momentum, as a matrix [outputs, everything else], is replaced by the nearest orthogonal
/// one, so that a step changes every direction alike; p -= learning_rate 0.2 sqrt(max(rows, columns)) O,
/// whose size is that of AdamW's usual step, so both share one learning rate. Vectors (biases, norms), and
/// layers with fewer than 16 inputs or outputs (the first and the last) are stepped by AdamW. Sources: Jordan
/// et al., "Muon", 2024 (momentum, the Newton-Schulz iteration and its coefficients); Liu et al., 2502.16982
/// (the step's size, weight decay).
class Muon : public Optimizer {
 public:
  /// Errors: kInvalidArgument.
  Muon(NamedTensors parameters, const MuonOptions& options);

 protected:
  void step_one(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient,
                double learning_rate) override;

 private:
  struct State {
    torch::Tensor momentum;             // like the parameter; of matrices
    torch::Tensor mean, square, steps;  // AdamW's; of the rest
  };
  MuonOptions options_;
  std::vector<State> states_;
};

/// The nearest orthogonal matrix to x [m, n], about: five Newton-Schulz iterations leave singular values of
/// 0.7 to 1.2, which is as good for a step. float32 or float64, of x's type; 0 stays 0. Source: Jordan et al.
[[nodiscard]] torch::Tensor orthogonalize(const torch::Tensor& x);

}  // namespace sfv::training
