#include "sfv/training/memory_plan.h"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "sfv/checkpoint/networks.h"
#include "sfv/core/work.h"
#include "sfv/tensor/parameter.h"
#include "sfv/tensor/planned_memory.h"
#include "sfv/training/blank_batch.h"
#include "sfv/training/gradient_norm.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {
namespace {

// Operations with a graph are done once forward and about twice backward.
class Counter : public WorkMeter {
 public:
  void add(double operations) override { total += operations * (torch::GradMode::is_enabled() ? 3 : 1); }
  double total = 0;
};

// Tells the plan which tensors are gradients.
struct GradientMark : torch::autograd::PostAccumulateGradHook {
  explicit GradientMark(PlannedMemory& plan) : memory(plan) {}
  void operator()(const torch::autograd::Variable& parameter) override {
    // A parameter that a loss does not reach is told, too.
    if (parameter.grad().defined()) memory.set_kind(parameter.grad(), PlannedKind::kGradient);
  }
  PlannedMemory& memory;
};

// The optimisers of a stage, each once.
std::vector<Optimizer*> optimizers_of(const std::vector<Phase>& phases) {
  std::vector<Optimizer*> all;
  for (const Phase& phase : phases)
    if (std::find(all.begin(), all.end(), phase.optimizer) == all.end()) all.push_back(phase.optimizer);
  return all;
}

// Of those on the device: a count of steps is a number on the host.
int64_t bytes_of(const NamedTensors& tensors) {
  int64_t bytes = 0;
  for (const NamedTensor& item : tensors)
    if (item.tensor.is_meta()) bytes += static_cast<int64_t>(item.tensor.nbytes());
  return bytes;
}

// Averages that have memory of their own.
int64_t average_bytes(const NamedTensors& state) {
  std::set<const c10::StorageImpl*> weights;
  for (const NamedTensor& item : state) {
    if (item.name.find(".weights.") != std::string::npos)
      weights.insert(item.tensor.storage().unsafeGetStorageImpl());
  }
  int64_t bytes = 0;
  for (const NamedTensor& item : state) {
    if (item.name.find(".averages.") == std::string::npos) continue;
    if (!weights.contains(item.tensor.storage().unsafeGetStorageImpl()))
      bytes += static_cast<int64_t>(item.tensor.nbytes());
  }
  return bytes;
}

int64_t count_numbers(TrainingStage& stage, bool trained) {
  std::set<const void*> seen;
  int64_t count = 0;
  for (const torch::nn::Module* network : stage.networks()) {
    for (const torch::Tensor& parameter : network->parameters()) {
      if (parameter.requires_grad() == trained && seen.insert(parameter.unsafeGetTensorImpl()).second)
        count += parameter.numel();
    }
  }
  return count;
}

}  // namespace

MemoryPlan plan_memory(const Recipe& given, const checkpoint::ModelConfigs& configs, at::DeviceType device,
                       int64_t ranks) {
  Recipe recipe = given;
  // Other weights of the same sizes.
  recipe.adversarial.generator_start.clear();
  recipe.autoencoder.tiny_start.clear();
  const int64_t parts = accumulation_steps(recipe, ranks);
  const TrainBatch batch = make_blank_batch(recipe, configs);
  PlannedMemory memory(device);
  const MetaParameters without_data;
  const auto stage = make_stage(recipe, checkpoint::make_blank_model(configs, at::kMeta));
  const std::vector<Phase> phases = stage->phases();
  MemoryPlan plan;
  plan.trained = count_numbers(*stage, true);
  plan.frozen = count_numbers(*stage, false);
  for (Optimizer* const optimizer : optimizers_of(phases)) {
    plan.trained_weights += bytes_of(optimizer->parameters());
    plan.moments += bytes_of(optimizer->state());
    for (const NamedTensor& item : optimizer->parameters())
      torch::autograd::impl::set_post_acc_grad_hooks(item.tensor, std::make_unique<GradientMark>(memory));
  }
  plan.averages = average_bytes(stage->state());
  plan.averages_on_host = recipe.ema.on_host && device != at::kCPU;
  const int64_t held = memory.now().total();
  plan.frozen_weights = held - plan.trained_weights - plan.moments - plan.averages;
  PlannedBytes peak;
  MetricMeans figures;
  // The second time all gradients of the first are there, as in every later iteration.
  for (int time = 0; time < 2; ++time) {
    Counter counter;
    for (const Phase& phase : phases) {
      memory.begin_peak();
      phase.optimizer->clear_gradients();
      {
        const WorkScope scope(counter);
        // A second micro-batch meets the gradients of the first; further ones are like the second.
        for (int64_t part = 0; part < std::min<int64_t>(parts, 2); ++part)
          phase.accumulate(batch, 1, recipe.steps - 1, figures);
      }
      (void)gradient_norm(phase.optimizer->parameters());
      phase.optimizer->step(1);
      if (phase.after_step) phase.after_step();
      if (time == 1 && memory.peak().total() > peak.total()) {
        peak = memory.peak();
        plan.peak_phase = phase.name;
      }
    }
    plan.operations =
        counter.total * static_cast<double>(parts) / static_cast<double>(std::min<int64_t>(parts, 2));
  }
  plan.gradients = peak.of_kind(PlannedKind::kGradient);
  plan.weight_copies = peak.of_kind(PlannedKind::kWeightCopy);
  plan.activations = peak.total() - held - plan.gradients - plan.weight_copies;
  plan.peak = peak.total() - (plan.averages_on_host ? plan.averages : 0);
  return plan;
}

}  // namespace sfv::training
