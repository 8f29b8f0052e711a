#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sfv/core/cancel.h"
#include "sfv/distributed/gradient_buckets.h"
#include "sfv/distributed/ranks.h"
#include "sfv/training/named_tensor.h"
#include "sfv/training/recipe.h"
#include "sfv/training/sharded_optimizer.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {

/// What a run does together with other ranks. Each rank holds all weights and sees its share of the clips: of
/// the micro-batches of a step, rank r of k takes number r, r + k, …, so that k ranks with a k-th of the
/// accumulation see what one rank sees. Gradients are the mean over the ranks. All ranks make the same calls
/// in the same order; with one rank each call is the plain thing or nothing.
class TrainRanks {
 public:
  /// ranks: borrowed; null: one rank. items: of the data. Errors: kInvalidArgument if the batch is no
  /// multiple of micro_batch * ranks, or a rank has another recipe, build or number of items.
  TrainRanks(distributed::Ranks* ranks, const Recipe& recipe, int64_t items);

  /// Once the stage has its state: compares it over the ranks, listens to the gradients, and spreads the
  /// optimisers' state if the recipe says so. Errors: kInternal.
  void join(TrainingStage& stage);

  [[nodiscard]] int64_t rank() const { return ranks_.rank(); }
  [[nodiscard]] int64_t size() const { return ranks_.size(); }
  /// Rank 0 writes the run folder and speaks.
  [[nodiscard]] bool is_first() const { return rank() == 0; }

  /// The token's reason if any rank's is set; the same answer on all. cancel: may be null.
  [[nodiscard]] std::optional<int> stop_reason(const CancelToken* cancel);
  /// Around the last micro-batch of an optimiser's step.
  void begin_exchange(const Optimizer& optimizer);
  void finish_exchange(const Optimizer& optimizer);
  void step(Optimizer& optimizer, double learning_rate);
  /// The mean over the ranks, in place.
  void average(const NamedTensors& figures);

  /// On rank 0 the sums of all ranks in `means`, and what the others have to tell, "rank 1 of 2: …".
  [[nodiscard]] std::vector<std::string> collect(MetricMeans& means, const std::vector<std::string>& notes);
  [[nodiscard]] int64_t total(int64_t count);
  /// Before a checkpoint of `state`: compares it over the ranks; gives it whole to rank 0. Errors: kInternal.
  [[nodiscard]] NamedTensors gather_state(NamedTensors state);
  /// Waits for all.
  void meet() { ranks_.barrier(); }

 private:
  struct Exchange {
    const Optimizer* optimizer = nullptr;
    std::unique_ptr<distributed::GradientBuckets> buckets;
    std::unique_ptr<ShardedOptimizer> sharded;  // null: every rank steps all
  };
  [[nodiscard]] Exchange* exchange_of(const Optimizer& optimizer);

  distributed::SingleRank alone_;
  distributed::Ranks& ranks_;
  bool shards_;
  std::vector<Exchange> exchanges_;  // in the order of the phases; empty with one rank
};

}  // namespace sfv::training
