#include "apps/sfv/train_run.h"

#include <optional>
#include <utility>
#include <vector>

#include "apps/sfv/progress_display.h"
#include "apps/sfv/rank_job.h"
#include "apps/sfv/save_delay.h"
#include "apps/sfv/train_samples.h"
#include "sfv/checkpoint/init_model.h"
#include "sfv/checkpoint/model_files.h"
#include "sfv/core/check.h"
#include "sfv/core/version.h"
#include "sfv/distributed/nccl_ranks.h"
#include "sfv/io/atomic_file.h"
#include "sfv/tensor/device.h"
#include "sfv/training/open_source.h"
#include "sfv/training/rank_agreement.h"
#include "sfv/training/run_folder.h"
#include "sfv/training/trainer.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using training::Recipe;

std::string default_run(const std::string& recipe) {
  return (fs::path("runs") / fs::path(recipe).stem()).string();
}

void write_text(const fs::path& path, const std::string& text) {
  io::AtomicFile file(path);
  file.write(text);
  file.commit();
}

// The checkpoint to go on from, if there is one.
std::optional<training::Checkpoint> find_checkpoint(const TrainRequest& request) {
  if (request.resume.empty()) return std::nullopt;
  if (request.resume == "latest") return training::find_newest_checkpoint(request.run);
  return training::open_checkpoint(request.resume);
}

Recipe read_recipe(const TrainRequest& request) {
  const bool own = request.recipe.empty();
  SFV_CHECK(!own || !request.resume.empty(), kInvalidArgument,
            "[train] give a recipe, or --resume and the run's folder with -o");
  return training::load_recipe(
      own ? (fs::path(request.run) / training::kRecipeName).string() : request.recipe, request.overrides);
}

// The model that the recipe begins with; one that it initialises is written once, into the run.
std::string starting_model(const Recipe& recipe, const fs::path& run, const CancelToken& cancel) {
  if (!recipe.model.path.empty()) return recipe.model.path;
  const fs::path folder = run / "initial_model";
  if (!fs::exists(folder)) {
    checkpoint::init_model({.like = recipe.model.config, .out = folder, .seed = recipe.model.seed}, &cancel);
  }
  return folder.string();
}

std::string environment_text(const torch::Device& device, const distributed::Ranks& ranks) {
  return concat("{\n  \"sfv\": \"", version(), "\",\n  \"libtorch\": \"", libtorch_version(),
                "\",\n  \"device\": \"", device, "\",\n  \"threads\": ", cpu_threads(),
                ",\n  \"ranks\": ", ranks.size(), ",\n  \"ranks_by\": \"", ranks.backend(), "\"\n}\n");
}

// What the others learn from rank 0, which alone prepares the folder.
std::optional<training::Checkpoint> share_checkpoint(distributed::Ranks& ranks,
                                                     const std::optional<training::Checkpoint>& own) {
  if (ranks.size() == 1) return own;
  const std::vector<std::string> steps = ranks.gather(own ? std::to_string(own->step) : "");
  const std::vector<std::string> folders = ranks.gather(own ? own->folder.string() : "");
  if (steps.front().empty()) return std::nullopt;
  return training::Checkpoint{.step = std::stoll(steps.front()), .folder = folders.front()};
}

}  // namespace

TrainOutcome run_training(const TrainRequest& given, ProgressDisplay& display, const CancelToken& cancel,
                          distributed::Ranks& launched) {
  TrainRequest request = given;
  if (request.run.empty()) request.run = default_run(request.recipe);
  const Recipe recipe = read_recipe(request);
  const fs::path run = request.run;
  const bool is_first = launched.rank() == 0;
  training::check_same_recipe(launched, recipe);
  (void)training::accumulation_steps(recipe, launched.size());
  share_threads(recipe.threads, launched);
  const torch::Device device = open_device(device_of_rank(request.device, launched));
  const auto on_gpus =
      launched.size() > 1 && device.is_cuda() ? distributed::with_nccl(launched, device) : nullptr;
  distributed::Ranks& ranks = on_gpus ? *on_gpus : launched;

  std::optional<training::RunLock> lock;
  std::optional<training::Checkpoint> from;
  if (is_first) {
    SFV_CHECK(!request.resume.empty() || !fs::exists(run / training::kRecipeName), kAlreadyExists, "[train] ",
              run.string(), " holds a run already; give --resume latest, or another folder with -o");
    lock.emplace(run);
    from = find_checkpoint(request);
    training::prepare_resume(run, from ? from->step : 0);
    write_text(run / training::kRecipeName, training::to_toml(recipe));
    write_text(run / training::kEnvironmentName, environment_text(device, ranks));
    (void)starting_model(recipe, run, cancel);
  }
  from = share_checkpoint(ranks, from);

  const std::string name = starting_model(recipe, run, cancel);
  checkpoint::LoadOptions load;
  load.unet = recipe.model.unet;
  load.device = device;
  const checkpoint::ModelFiles files = checkpoint::open_model(name, torch::kFloat32, load.unet);
  checkpoint::Model model = checkpoint::load_model(name, load);
  const auto source = training::open_source(recipe.data, false, &model);
  const auto stage = training::make_stage(recipe, std::move(model));
  std::optional<TrainSamples> samples;
  if (is_first) samples.emplace(recipe);

  training::TrainHooks hooks;
  hooks.ranks = &ranks;
  hooks.sink = &display;
  hooks.cancel = &cancel;
  hooks.sample = [&](int64_t, checkpoint::Model& averaged) { return samples->make(averaged); };
  hooks.figures = [&](const std::vector<std::string>& details) { display.set_details(details); };
  hooks.tell = [&](const std::string& line) { display.print_line("sfv: " + line); };
  hooks.at_save = make_save_delay();
  display.begin_part(run.filename().string(), 0, 1);
  const training::TrainResult result =
      training::train(recipe, *stage, *source, files.texts, run, from, hooks);
  return {result.iterations, recipe.steps, result.stop_reason, result.skipped_items,
          run / "latest" / "model"};
}

}  // namespace sfv::cli
