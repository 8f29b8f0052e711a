#pragma once

#include <cstdint>
#include <vector>

#include "sfv/distributed/ranks.h"
#include "sfv/training/named_tensor.h"
#include "sfv/training/optimizer.h"

namespace sfv::training {

/// Which rank each parameter belongs to, when each rank steps its own: whole parameters, the largest first,
/// each to the rank that has the fewest numbers yet. The same on every rank.
[[nodiscard]] std::vector<int64_t> share_out(const NamedTensors& parameters, int64_t ranks);

/// An optimiser whose state is spread over the ranks: each keeps that of its own parameters, steps those and
/// sends their new values to the others. A step has no sums over parameters, so the result is the same, byte
/// for byte, as that of every rank stepping all of them. Source: ZeRO (Rajbhandari et al. 2019, 1910.02054),
/// stage 1.
class ShardedOptimizer {
 public:
  /// Gives up the state of the others' parameters; a checkpoint is loaded before. Both borrowed.
  ShardedOptimizer(Optimizer& optimizer, distributed::Ranks& ranks);

  /// As Optimizer::step, on all ranks.
  void step(double learning_rate);
  /// The whole state on the CPU of rank 0, by the names and in the order of Optimizer::state(); nothing on
  /// the other ranks. All ranks call it.
  [[nodiscard]] NamedTensors gather();

 private:
  void send_values();

  Optimizer& optimizer_;
  distributed::Ranks& ranks_;
  std::vector<int64_t> owners_;               // of each parameter
  std::vector<std::vector<int64_t>> shapes_;  // of each state tensor, whole
};

}  // namespace sfv::training
