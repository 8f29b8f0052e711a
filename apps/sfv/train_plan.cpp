#include "apps/sfv/train_plan.h"

#include <filesystem>
#include <optional>

#include "apps/sfv/plan_device.h"
#include "apps/sfv/plan_model.h"
#include "apps/sfv/text_format.h"
#include "sfv/core/check.h"
#include "sfv/core/process_memory.h"
#include "sfv/tensor/device.h"
#include "sfv/training/memory_plan.h"
#include "sfv/training/recipe.h"
#include "sfv/training/run_folder.h"
#include "sfv/training/step_timing.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using training::MemoryPlan;
using training::Recipe;

std::string gib(int64_t bytes) {
  return format("%9.2f GiB", static_cast<double>(bytes) / (1 << 30));
}

std::string millions(int64_t numbers) {
  return format("%10.1f M", static_cast<double>(numbers) / 1e6);
}

std::string row(const std::string& name, const std::string& numbers, const std::string& bytes) {
  std::string text = "  " + name;
  text.resize(44, ' ');
  std::string middle = numbers;
  middle.resize(14, ' ');
  return text + middle + bytes + "\n";
}

std::string memory_text(const MemoryPlan& plan, const std::string& device, int64_t program) {
  std::string text = concat("memory on ", device, ", at the largest moment (", plan.peak_phase, "):\n");
  text += row("weights that train, float32", millions(plan.trained), gib(plan.trained_weights));
  text += row("weights that do not", millions(plan.frozen), gib(plan.frozen_weights));
  text += row("optimiser state", "", gib(plan.moments));
  text += row("gradients", "", gib(plan.gradients));
  if (!plan.averages_on_host) text += row("average", "", gib(plan.averages));
  text += row("weights cast for products", "", gib(plan.weight_copies));
  text += row("activations and what they pass through", "", gib(plan.activations));
  if (program > 0) text += row("the program and its libraries", "", gib(program));
  text += row("peak", "", gib(plan.peak + program));
  if (plan.averages_on_host) text += "memory of the host:\n" + row("average", "", gib(plan.averages));
  return text;
}

// Half of what is free: the machine has other things to do.
int64_t bytes_for_timing(const torch::Device& device) {
  constexpr int64_t kOfAGpu = int64_t{8} << 30;
  return device.is_cpu() ? available_memory() / 2 : kOfAGpu;
}

std::string time_text(const Recipe& recipe, const checkpoint::ModelConfigs& configs, const PlanDevice& device,
                      const MemoryPlan& plan) {
  std::string text = concat("an iteration: ", format("%.4g", plan.operations / 1e12),
                            " tera-operations of convolutions, products and norms\n");
  if (!device.here) return text + "  not timed: this machine has no such device\n";
  const auto timing =
      training::time_step(recipe, configs, *device.here, plan, {.bytes = bytes_for_timing(*device.here)});
  if (!timing) return text + "  not timed: even a small part of it is too much for this machine\n";
  text += concat("  about ", format("%.3g", timing->seconds), " s with ", cpu_threads(),
                 " CPU threads; the whole run ",
                 format("%.3g", timing->seconds * static_cast<double>(recipe.steps) / 3600), " h\n");
  text +=
      concat("  from ", timing->size, ": ", format("%.3g", 100 * timing->measured), " % of the operations\n");
  return text;
}

}  // namespace

std::string plan_text(const TrainRequest& request) {
  SFV_CHECK(!request.recipe.empty() || !request.run.empty(), kInvalidArgument,
            "[train] --dry-run: give a recipe, or a run's folder with -o");
  const Recipe recipe = training::load_recipe(
      request.recipe.empty() ? (fs::path(request.run) / training::kRecipeName).string() : request.recipe,
      request.overrides);
  if (recipe.threads > 0) set_cpu_threads(static_cast<int>(recipe.threads));
  const PlanDevice device = find_plan_device(request.device);
  const std::string& model = recipe.model.path.empty() ? recipe.model.config : recipe.model.path;
  const checkpoint::ModelConfigs configs = read_planned_model(model, torch::kFloat).configs;
  const int64_t program = device.type == at::kCPU ? process_memory().now : 0;
  const MemoryPlan plan = training::plan_memory(recipe, configs, device.type, 1);
  const auto& data = recipe.data;
  return concat("micro-batches of ", recipe.micro_batch, ", ", training::accumulation_steps(recipe, 1),
                " a step: ", data.frames, " frames of ", data.width, "x", data.height, ", ",
                recipe.precision == training::TrainPrecision::kBf16 ? "bf16" : "fp32",
                recipe.activation_checkpointing ? ", activation checkpointing" : "", "\n") +
         memory_text(plan, device.type == at::kCPU ? "the CPU" : "the GPU", program) +
         time_text(recipe, configs, device, plan);
}

}  // namespace sfv::cli
