// The plan of tensors without data against the bytes of tensors that a real step on the CPU has alive.
#include "sfv/training/memory_plan.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <gtest/gtest.h>

#include <array>

#include "sfv/checkpoint/networks.h"
#include "sfv/core/check.h"
#include "sfv/tensor/planned_memory.h"
#include "sfv/tensor/random.h"
#include "sfv/training/blank_batch.h"
#include "sfv/training/training_stage.h"
#include "tests/training/memory_meter.h"

namespace sfv::training {
namespace {

// Wide enough that a step's memory is its activations and weights, not small vectors.
checkpoint::ModelConfigs small_configs() {
  checkpoint::ModelConfigs configs =
      checkpoint::read_configs(checkpoint::load_configs(std::string(SFV_SOURCE_DIR) + "/tests/e2e/model"));
  configs.unet.block_out_channels = {64, 96};
  configs.unet.num_attention_heads = {1, 2};
  configs.vae.block_out_channels = {32, 32, 64, 64};  // a tiny decoder is for 8x8 pixels a latent cell
  return configs;
}

Recipe read(const std::string& stage, const std::string& more) {
  return parse_recipe(concat("steps = 4\nbatch = 2\nmicro_batch = 1\n", more, stage,
                             "\n[model]\npath = \"any\"\n[data]\nsource = \"shapes\"\nwidth = 96\nheight = ",
                             "64\nframes = 4\n[samples]\nevery = 0\n"),
                      "test recipe");
}

int64_t measured_peak(const Recipe& recipe, const checkpoint::ModelConfigs& configs) {
  at::set_num_threads(1);
  const auto meter = std::make_shared<testing::MemoryMeter>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, meter);
  at::Generator generator = make_generator(1);
  checkpoint::Model model = checkpoint::make_blank_model(configs, at::kCPU);
  for (torch::nn::Module* const network :
       std::array<torch::nn::Module*, 3>{model.unet.get(), model.vae.get(), model.image_encoder.get()}) {
    for (torch::Tensor& parameter : network->parameters())
      parameter.set_data(at::empty(parameter.sizes(), at::kFloat).normal_(0, 0.02, generator));
  }
  const auto stage = make_stage(recipe, std::move(model));
  const TrainBatch batch = make_blank_batch(recipe, configs);
  MetricMeans figures;
  for (int time = 0; time < 2; ++time) {
    meter->peak = meter->now;
    for (const Phase& phase : stage->phases()) {
      phase.optimizer->clear_gradients();
      for (int part = 0; part < 2; ++part) phase.accumulate(batch, 0.5, recipe.steps - 1, figures);
      phase.optimizer->step(0);
      if (phase.after_step) phase.after_step();
    }
  }
  return meter->peak;
}

struct Case {
  const char* name;
  const char* stage;
};

class MemoryPlanOf : public ::testing::TestWithParam<Case> {};

TEST_P(MemoryPlanOf, IsWhatARealStepTakes) {
  const checkpoint::ModelConfigs configs = small_configs();
  for (const char* more : {"", "precision = \"bf16\"\n", "activation_checkpointing = true\n",
                           "precision = \"bf16\"\nactivation_checkpointing = true\n"}) {
    const Recipe recipe = read(GetParam().stage, more);
    const MemoryPlan plan = plan_memory(recipe, configs, at::kCPU, 1);
    const auto measured = static_cast<double>(measured_peak(recipe, configs));
    EXPECT_NEAR(static_cast<double>(plan.peak) / measured, 1, 0.15) << more << plan.peak_phase;
    RecordProperty(concat(GetParam().name, more), std::to_string(static_cast<double>(plan.peak) / measured));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Stages, MemoryPlanOf,
    ::testing::Values(Case{"Diffusion", "stage = \"diffusion\"\n"},
                      Case{"Temporal", "stage = \"diffusion\"\ntrainable = \"temporal\"\n"},
                      Case{"Consistency", "stage = \"consistency\"\n"},
                      Case{"Adversarial", "stage = \"adversarial\"\n"},
                      Case{"Autoencoder",
                           "stage = \"autoencoder\"\n[autoencoder]\nadversarial_weight = 0.5\n"
                           "patch_channels = 32\npatch_layers = 2\n"},
                      Case{"TinyDecoder",
                           "stage = \"autoencoder\"\n[autoencoder]\ntrain = \"tiny-decoder\"\n"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(MemoryPlan, ItsPartsAreThePeak) {
  const checkpoint::ModelConfigs configs = small_configs();
  const MemoryPlan plan =
      plan_memory(read("stage = \"diffusion\"\n", "precision = \"bf16\"\n"), configs, at::kCPU, 1);
  EXPECT_EQ(plan.trained_weights + plan.frozen_weights + plan.moments + plan.averages + plan.gradients +
                plan.weight_copies + plan.activations,
            plan.peak);
  EXPECT_EQ(plan.trained_weights, 4 * plan.trained);
  EXPECT_EQ(plan.frozen_weights, 4 * plan.frozen);
  EXPECT_EQ(plan.averages, plan.trained_weights);
  EXPECT_GT(plan.weight_copies, plan.trained);  // nearly two bytes a weight, all alive without checkpointing
  EXPECT_LE(plan.weight_copies, 3 * plan.trained);
  EXPECT_EQ(plan.peak_phase, "unet");
}

TEST(MemoryPlan, AnAverageInHostMemoryIsNotOnTheGpu) {
  const checkpoint::ModelConfigs configs = small_configs();
  Recipe recipe = read("stage = \"diffusion\"\n", "precision = \"bf16\"\n");
  const MemoryPlan device = plan_memory(recipe, configs, at::kCUDA, 1);
  recipe.ema.on_host = true;
  const MemoryPlan host = plan_memory(recipe, configs, at::kCUDA, 1);
  EXPECT_EQ(device.peak - host.peak, host.averages);
  EXPECT_TRUE(host.averages_on_host);
  recipe.ema.decay = 0;
  EXPECT_EQ(plan_memory(recipe, configs, at::kCUDA, 1).averages, 0);
}

TEST(PlannedMemory, CountsWhatIsAliveAndItsMost) {
  PlannedMemory memory(at::kCPU);
  const auto options = at::TensorOptions().device(at::kMeta).dtype(at::kFloat);
  torch::Tensor a = at::empty({100}, options);
  {
    const torch::Tensor b = at::empty({50}, options), view = a.narrow(0, 0, 10);
    EXPECT_EQ(memory.now().total(), 600);
  }
  memory.set_kind(a, PlannedKind::kGradient);
  EXPECT_EQ(memory.now().of_kind(PlannedKind::kGradient), 400);
  EXPECT_EQ(memory.peak().total(), 600);
  EXPECT_EQ(a.sum().item<double>(), 1);
  a.reset();
  EXPECT_EQ(memory.now().total(), 0);
}

}  // namespace
}  // namespace sfv::training
