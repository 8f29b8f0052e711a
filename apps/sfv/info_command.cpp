// sfv info NAME: what a clip or a model is.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/sfv/clip_info.h"
#include "apps/sfv/commands.h"
#include "sfv/checkpoint/model_report.h"

namespace sfv::cli {
namespace {

struct Options {
  std::string name;
  bool json = false;
};

int info(const Options& options, const CommandContext& context) {
  if (is_clip(options.name)) {
    print_clip_info(options.name, options.json);
    return 0;
  }
  const checkpoint::ModelReport report =
      checkpoint::describe_model(options.name, torch::kFloat32, &context.cancel);
  const std::string text = options.json ? checkpoint::to_json(report) + "\n" : checkpoint::to_text(report);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace

void add_info_command(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = program.add_command(
      program.root(), "info",
      "Show how a clip was made, or a model's components, parameters, types, sizes and SHA-256",
      [options](const CommandContext& context) { return info(*options, context); });
  command
      .add_option("NAME", options->name,
                  "Clip that sfv made, model folder, svd*.safetensors, or org/name of a downloaded model")
      ->required();
  program.add_json_flag(command, options->json);
}

}  // namespace sfv::cli
