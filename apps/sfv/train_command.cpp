// sfv train RECIPE.toml: runs a recipe, or goes on with a run; sfv train --report RUN.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/sfv/commands.h"
#include "apps/sfv/progress_display.h"
#include "apps/sfv/rank_job.h"
#include "apps/sfv/train_plan.h"
#include "apps/sfv/train_run.h"
#include "sfv/distributed/ranks.h"
#include "sfv/training/report.h"

namespace sfv::cli {
namespace {

struct Options {
  TrainRequest request;
  std::string report;
  bool dry_run = false;
  bool quiet = false;
};

int train(const Options& options, const CommandContext& context, distributed::Ranks& ranks) {
  const bool is_quiet = options.quiet || ranks.rank() > 0;
  ProgressDisplay display(progress_mode(is_quiet));
  const TrainOutcome outcome = run_training(options.request, display, context.cancel, ranks);
  display.clear();
  if (!is_quiet) {
    const std::string skipped =
        outcome.skipped == 0 ? "" : ", " + std::to_string(outcome.skipped) + " broken items skipped";
    std::fprintf(stderr, "%s: %lld of %lld iterations%s%s\n", options.request.run.c_str(),
                 static_cast<long long>(outcome.iterations), static_cast<long long>(outcome.wanted),
                 skipped.c_str(),
                 outcome.stop_reason ? ", stopped and saved; go on with --resume latest" : "");
  }
  // A stop that was asked for ends like every other stop: 130 or 143.
  if (outcome.stop_reason && ranks.rank() == 0) context.cancel.throw_if_cancelled();
  if (outcome.stop_reason) return 128 + *outcome.stop_reason;
  if (ranks.rank() == 0) std::printf("%s\n", outcome.model.string().c_str());
  return 0;
}

int train_or_tell(const Options& options, const CommandContext& context) {
  if (!options.report.empty()) {
    std::printf("%s\n", training::write_report(options.report).string().c_str());
    return 0;
  }
  if (options.dry_run) {
    std::printf("%s", plan_text(options.request).c_str());
    return 0;
  }
  return run_on_ranks("train", context,
                      [&](distributed::Ranks& ranks) { return train(options, context, ranks); });
}

}  // namespace

void add_train_command(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = program.add_command(
      program.root(), "train", "Train a model by a recipe, or go on with a run",
      [options](const CommandContext& context) { return train_or_tell(*options, context); });
  command.add_option("RECIPE", options->request.recipe, "What to train, on what, and how: docs/recipes.md");
  command
      .add_option("--set", options->request.overrides,
                  "A value instead of the recipe's, may be repeated: --set optimizer.lr=2e-5. Default: none")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      .add_option("-o,--output", options->request.run,
                  "The run's folder: checkpoints, each with a complete model, metrics, samples. Default: "
                  "runs/ and the "
                  "recipe's name")
      ->type_name("RUN");
  command
      .add_option("--resume", options->request.resume,
                  "Go on from the newest whole checkpoint of the run, or from the one named. Default: begin")
      ->type_name("latest|DIR");
  command.add_option("--device", options->request.device, "auto, cpu, cuda or cuda:N. Default: auto")
      ->type_name("DEVICE");
  command.add_option("--report", options->report, "Only write RUN/report.html: curves, samples, recipe")
      ->type_name("RUN");
  command.add_flag(
      "--dry-run", options->dry_run,
      "Only tell what the recipe takes: weights, memory at the peak, time of an iteration. Needs "
      "neither weights nor data, and for memory not the device");
  program.add_quiet_flag(command, options->quiet);
}

}  // namespace sfv::cli
