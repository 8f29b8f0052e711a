// sfv data check: what a set of videos is good for, before training starts.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/sfv/commands.h"
#include "sfv/data/data_check.h"

namespace sfv::cli {
namespace {

struct Options {
  std::string data;
  data::ClipTiming timing;
  bool json = false;
};

int check(const Options& options, const CommandContext& context) {
  const data::DataReport report =
      data::check_data(data::list_clips(options.data), options.timing, &context.cancel);
  const std::string text = options.json ? data::to_json(report) : data::to_text(report);
  std::fputs(text.c_str(), stdout);
  return report.usable() == static_cast<int64_t>(report.items.size()) ? 0 : 1;
}

void add_check(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      program.add_command(parent, "check",
                          "Look at every video: what is usable, sizes, rates, durations, motion, and why a "
                          "file is not. Exit code 1 "
                          "when one is not",
                          [options](const CommandContext& context) { return check(*options, context); });
  command
      .add_option(
          "DATA", options->data,
          "Folder of videos, animations and folders of numbered pictures (with all below it), a .jsonl "
          "manifest, or one of these files")
      ->required();
  command
      .add_option("--frames", options->timing.frames, "Frames of a training clip, 1 to 1000000. Default: 14")
      ->type_name("N");
  command
      .add_option("--fps", options->timing.fps, "Frames per second of a training clip, above 0. Default: 7")
      ->type_name("FPS");
  program.add_json_flag(command, options->json);
}

}  // namespace

void add_data_command(Program& program) {
  CLI::App& parent =
      program.add_command(program.root(), "data", "Check video clips for training, and encode them once");
  add_check(program, parent);
}

}  // namespace sfv::cli
