#include "sfv/training/step_timing.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "sfv/checkpoint/networks.h"
#include "sfv/core/check.h"
#include "sfv/tensor/device.h"
#include "sfv/tensor/random.h"
#include "sfv/training/blank_batch.h"
#include "sfv/training/gradient_norm.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {
namespace {

using Clock = std::chrono::steady_clock;

// What is run.
struct Trial {
  Recipe recipe;
  checkpoint::ModelConfigs configs;
  MemoryPlan plan;
};

MemoryPlan plan_of(const Trial& trial, const torch::Device& device) {
  return plan_memory(trial.recipe, trial.configs, device.type(), 1);
}

// Half the size on each side where that leaves 8 latent cells.
bool halve_pictures(Trial& trial) {
  int64_t &width = trial.recipe.data.width, &height = trial.recipe.data.height;
  const int64_t unit = 8 * trial.configs.vae.compression();
  if (std::max(width, height) <= unit) return false;
  const auto half = [unit](int64_t side) { return std::max(unit, side / 2 / unit * unit); };
  width = half(width);
  height = half(height);
  return true;
}

// Half the channels of the UNet where group norm and heads allow.
bool halve_networks(Trial& trial) {
  models::UNetConfig& unet = trial.configs.unet;
  constexpr int64_t kNormGroups = 32;
  const size_t levels = unet.block_out_channels.size();
  for (size_t i = 0; i < levels; ++i) {
    const int64_t channels = unet.block_out_channels[i], heads = unet.num_attention_heads[i];
    if (channels % (2 * kNormGroups) != 0 || (channels / 2) % std::max<int64_t>(heads / 2, 1) != 0)
      return false;
  }
  for (size_t i = 0; i < levels; ++i) {
    unet.block_out_channels[i] /= 2;
    unet.num_attention_heads[i] = std::max<int64_t>(unet.num_attention_heads[i] / 2, 1);
  }
  return true;
}

std::string size_text(const Trial& trial) {
  const auto& data = trial.recipe.data;
  std::string text = concat(data.frames, " frames of ", data.width, "x", data.height, ", widths");
  for (const int64_t channels : trial.configs.unet.block_out_channels) text += concat(" ", channels);
  return text;
}

void fill(torch::nn::Module& network, const torch::Device& device, at::Generator& generator) {
  for (torch::Tensor& parameter : network.parameters()) {
    parameter.set_data(at::empty(parameter.sizes(), at::kFloat).normal_(0, 0.02, generator).to(device));
  }
}

struct Seconds {
  double passes = 0;  // forward and backward
  double steps = 0;   // optimisers and average
};

Seconds run_iteration(const Trial& trial, TrainingStage& stage, const TrainBatch& batch,
                      const torch::Device& device) {
  Seconds seconds;
  MetricMeans figures;
  const auto seconds_of = [&](const auto& work) {
    const auto begin = Clock::now();
    work();
    wait_for(device);
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  for (const Phase& phase : stage.phases()) {
    phase.optimizer->clear_gradients();
    seconds.passes += seconds_of([&] { phase.accumulate(batch, 1, trial.recipe.steps - 1, figures); });
    seconds.steps += seconds_of([&] {
      (void)gradient_norm(phase.optimizer->parameters());
      phase.optimizer->step(0);
      if (phase.after_step) phase.after_step();
    });
  }
  return seconds;
}

}  // namespace

std::optional<StepTiming> time_step(const Recipe& recipe, const checkpoint::ModelConfigs& configs,
                                    const torch::Device& device, const MemoryPlan& whole,
                                    const TimingLimits& limits) {
  Trial trial{recipe, configs, {}};
  trial.recipe.batch = trial.recipe.micro_batch;
  trial.recipe.adversarial.generator_start.clear();
  trial.recipe.autoencoder.tiny_start.clear();
  trial.plan = plan_of(trial, device);
  while (trial.plan.operations > limits.operations || trial.plan.peak > limits.bytes) {
    const bool is_wide = trial.plan.trained_weights + trial.plan.frozen_weights > limits.bytes / 3;
    if (!(is_wide ? halve_networks(trial) || halve_pictures(trial)
                  : halve_pictures(trial) || halve_networks(trial)))
      return std::nullopt;
    trial.plan = plan_of(trial, device);
  }
  at::Generator generator = make_generator(0);
  checkpoint::Model model = checkpoint::make_blank_model(trial.configs, device);
  fill(*model.unet, device, generator);
  fill(*model.vae, device, generator);
  fill(*model.image_encoder, device, generator);
  const auto stage = make_stage(trial.recipe, std::move(model));
  const TrainBatch batch = make_blank_batch(trial.recipe, trial.configs);
  (void)run_iteration(trial, *stage, batch, device);  // kernels are chosen, memory is taken
  const Seconds seconds = run_iteration(trial, *stage, batch, device);
  const double share = trial.plan.operations / whole.operations;
  const double weights =
      static_cast<double>(whole.trained_weights) / static_cast<double>(trial.plan.trained_weights);
  return StepTiming{.seconds = seconds.passes / share + seconds.steps * weights,
                    .measured = share,
                    .size = size_text(trial)};
}

}  // namespace sfv::training
