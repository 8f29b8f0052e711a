#pragma once

#include <cstdint>

namespace sfv::training {

enum class OptimizerKind {
  kSm3,    // "sm3": SM3-II with momentum and beta (SF-V's choice; methods: Anil et al. 2019, 1901.11150)
  kAdamW,  // "adamw": decoupled weight decay (Loshchilov and Hutter, 1711.05101)
  kMuon,   // "muon": orthogonal steps (Jordan et al. 2024; 2502.16982), AdamW for vectors and outer layers
  kSgd,    // "sgd": plain, with momentum
};

enum class WarmUpKind {
  kNone,       // "none"
  kLinear,     // "linear": lr * min(1, step / warm_up_steps), step from 1
  kQuadratic,  // "quadratic": lr * min(1, step / warm_up_steps)^2, what SM3's authors recommend
};

enum class DecayKind {
  kConstant,  // "constant"
  kLinear,    // "linear": from lr after the warm-up to lr * decay_to at the last step
  kCosine,    // "cosine": the same along half a cosine
};

/// One optimiser and its learning rate over time. A key that the chosen kind does not use is an error in the
/// recipe, and its field keeps its default.
struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kSm3;
  double lr = 1e-5;         // > 0; of the full batch, after the warm-up
  double momentum = 0.5;    // [0, 1); sm3: u = (1 - momentum) u + momentum m; muon, sgd: torch's
  double beta = 0.999;      // [0, 1); sm3: decay of the second moment, 0 adds up as Adagrad does
  double beta1 = 0.9;       // [0, 1); adamw, muon
  double beta2 = 0.999;     // [0, 1); adamw, muon
  double eps = 1e-8;        // > 0; adamw, muon (sm3's is 1e-30, below any gradient)
  double weight_decay = 0;  // >= 0; adamw, muon and sgd
  WarmUpKind warm_up = WarmUpKind::kNone;
  int64_t warm_up_steps = 1000;  // optimiser steps, >= 1; with a warm-up
  DecayKind decay = DecayKind::kConstant;
  double decay_to = 0;   // [0, 1]: share of lr at the last step; linear and cosine
  double clip_norm = 0;  // largest global gradient norm, 0: no clipping

  [[nodiscard]] bool operator==(const OptimizerOptions&) const = default;
};

}  // namespace sfv::training
