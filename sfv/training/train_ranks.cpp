#include "sfv/training/train_ranks.h"

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <map>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/training/rank_agreement.h"
#include "sfv/training/rank_report.h"

namespace sfv::training {

TrainRanks::TrainRanks(distributed::Ranks* ranks, const Recipe& recipe, int64_t items)
    : ranks_(ranks == nullptr ? alone_ : *ranks), shards_(recipe.shard_optimizer) {
  (void)accumulation_steps(recipe, size());
  if (size() == 1) return;
  check_same_recipe(ranks_, recipe);
  check_same(ranks_, "number of clips", std::to_string(items));
}

void TrainRanks::join(TrainingStage& stage) {
  if (size() == 1) return;
  check_same_values(ranks_, stage.state(), "at the start");
  for (const Phase& phase : stage.phases()) {
    if (exchange_of(*phase.optimizer) != nullptr) continue;
    std::vector<torch::Tensor> parameters;
    for (const NamedTensor& item : phase.optimizer->parameters()) parameters.push_back(item.tensor);
    Exchange& exchange = exchanges_.emplace_back();
    exchange.optimizer = phase.optimizer;
    exchange.buckets = std::make_unique<distributed::GradientBuckets>(ranks_, std::move(parameters));
    if (shards_) exchange.sharded = std::make_unique<ShardedOptimizer>(*phase.optimizer, ranks_);
  }
}

TrainRanks::Exchange* TrainRanks::exchange_of(const Optimizer& optimizer) {
  const auto found = std::find_if(exchanges_.begin(), exchanges_.end(),
                                  [&](const Exchange& exchange) { return exchange.optimizer == &optimizer; });
  return found == exchanges_.end() ? nullptr : &*found;
}

std::optional<int> TrainRanks::stop_reason(const CancelToken* cancel) {
  const bool is_set = cancel != nullptr && cancel->is_cancelled();
  const int own = is_set ? cancel->reason() : 0;
  if (size() == 1) return is_set ? std::optional(own) : std::nullopt;
  if (total(is_set ? 1 : 0) == 0) return std::nullopt;
  int reason = 0;
  for (const std::string& text : ranks_.gather(std::to_string(own)))
    reason = std::max(reason, std::stoi(text));
  return reason;
}

void TrainRanks::begin_exchange(const Optimizer& optimizer) {
  if (Exchange* exchange = exchange_of(optimizer)) exchange->buckets->begin();
}

void TrainRanks::finish_exchange(const Optimizer& optimizer) {
  if (Exchange* exchange = exchange_of(optimizer)) exchange->buckets->finish();
}

void TrainRanks::step(Optimizer& optimizer, double learning_rate) {
  const Exchange* exchange = exchange_of(optimizer);
  if (exchange != nullptr && exchange->sharded) return exchange->sharded->step(learning_rate);
  optimizer.step(learning_rate);
}

void TrainRanks::average(const NamedTensors& figures) {
  if (size() == 1) return;
  for (const NamedTensor& item : figures) {
    torch::Tensor mean = item.tensor.clone();
    ranks_.sum(mean);
    torch::Tensor live = item.tensor;
    live.copy_(mean.div_(static_cast<double>(size())));
  }
}

std::vector<std::string> TrainRanks::collect(MetricMeans& means, const std::vector<std::string>& notes) {
  std::vector<std::string> told;
  if (size() == 1) return told;
  const std::vector<std::string> reports = ranks_.gather(to_report(means, notes));
  for (size_t r = 1; is_first() && r < reports.size(); ++r) {
    for (const std::string& note : add_report(reports[r], means))
      told.push_back(concat("rank ", r, " of ", size(), ": ", note));
  }
  return told;
}

int64_t TrainRanks::total(int64_t count) {
  if (size() == 1) return count;
  torch::Tensor sum = at::tensor({count}, at::kLong);
  ranks_.sum(sum);
  return sum.item<int64_t>();
}

NamedTensors TrainRanks::gather_state(NamedTensors state) {
  if (size() == 1) return state;
  // Tensors of which each lies on one rank alone, and their places in `state`.
  std::map<const void*, size_t> spread;
  for (const Exchange& exchange : exchanges_) {
    if (!exchange.sharded) continue;
    for (const NamedTensor& item : exchange.optimizer->state())
      spread.emplace(item.tensor.unsafeGetTensorImpl(), 0);
  }
  NamedTensors everywhere;
  for (size_t i = 0; i < state.size(); ++i) {
    const auto found = spread.find(state[i].tensor.unsafeGetTensorImpl());
    if (found == spread.end()) {
      everywhere.push_back(state[i]);
    } else {
      found->second = i;
    }
  }
  check_same_values(ranks_, everywhere, "at a checkpoint");
  for (const Exchange& exchange : exchanges_) {
    if (!exchange.sharded) continue;
    const NamedTensors whole = exchange.sharded->gather();
    const NamedTensors& live = exchange.optimizer->state();
    for (size_t i = 0; i < whole.size(); ++i)
      state[spread.at(live[i].tensor.unsafeGetTensorImpl())].tensor = whole[i].tensor;
  }
  return state;
}

}  // namespace sfv::training
