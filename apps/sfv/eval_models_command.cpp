// sfv eval models: one table for several models on the held-out clips of a recipe.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/eval_commands.h"
#include "apps/sfv/eval_models.h"
#include "apps/sfv/progress_display.h"
#include "apps/sfv/table_text.h"

namespace sfv::cli {
namespace {

struct Options {
  ModelsRequest request;
  bool json = false;
  bool quiet = false;
};

int models(const Options& options, const CommandContext& context) {
  ProgressDisplay display(progress_mode(options.quiet));
  const nlohmann::ordered_json result = evaluate_models(options.request, display, context.cancel);
  display.clear();
  if (options.json) {
    std::printf("%s\n", result.dump(2).c_str());
    return 0;
  }
  std::fputs(table_text(result["rows"]).c_str(), stdout);
  std::printf(
      "\nFD: distance to other real clips in the features named below, not FVD; energy: of the last frame, "
      "beside the background where that is known.\n");
  for (const auto& [key, value] : result["protocol"].items()) {
    std::printf("%s: %s\n", key.c_str(),
                (value.is_string() ? value.get<std::string>() : value.dump()).c_str());
  }
  return 0;
}

}  // namespace

void add_eval_models_command(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<Options>();
  ModelsRequest& r = options->request;
  CLI::App& command = program.add_command(
      parent, "models",
      "Compare models on the held-out clips of a recipe's data: distance, sharpness, motion, diversity. What "
      "was measured is kept in DIR/rows, so that a run that was stopped goes on",
      [options](const CommandContext& context) { return models(*options, context); });
  command.add_option("RECIPE", r.recipe, "Its data and conditioning count")->required();
  command
      .add_option("MODELS", r.models,
                  "[LABEL=]MODEL[@STEPS[:SAMPLER[:GUIDANCE]]]: 1 step is one-step, more are euler unless "
                  "said; without @ "
                  "the model's own")
      ->required();
  command.add_option("-o,--output", r.out, "Folder for models.json, sheet.png and the measured rows")
      ->required()
      ->type_name("DIR");
  command.add_option("--set", r.overrides, "A value instead of the recipe's, may be repeated. Default: none")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      .add_option("-n,--clips", r.clips,
                  "Clips a row, and as many again for comparison, 2 to 100000. Default: 512")
      ->type_name("N")
      ->check(in_range<int64_t>(2, 100'000));
  command
      .add_option("--noises", r.noises, "Noises of one first frame, 1 (no diversity) to 1000. Default: 16")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 1000));
  command
      .add_option("--spread-frames", r.spread_frames,
                  "First frames that get so many noises, 1 to 10000. Default: 16")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 10'000));
  command.add_option("--sheet-clips", r.sheet_clips, "Clips on the contact sheet, 1 to 64. Default: 4")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 64));
  command.add_option("--batch", r.batch, "Clips generated at once, 1 to 1024. Default: 16")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 1024));
  command.add_option("--seed", r.seed, "Seed of the first clip's noise, 0 to 2^64 - 1. Default: 0")
      ->type_name("N")
      ->check(check_seed);
  command.add_option("--device", r.device, "auto, cpu, cuda or cuda:N. Default: auto")->type_name("DEVICE");
  add_choice(command, "--dtype", r.dtype, {"fp32", "bf16"}, "Number format. Default: fp32");
  command.add_option("--threads", r.threads, "CPU threads, 1 to 1024. Default: libtorch's choice")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 1024));
  program.add_json_flag(command, options->json);
  program.add_quiet_flag(command, options->quiet);
}

}  // namespace sfv::cli
