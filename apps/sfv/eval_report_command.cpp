// sfv eval report: results and clips on one page.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/sfv/eval_commands.h"
#include "apps/sfv/eval_report.h"
#include "sfv/core/check.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/html_page.h"

namespace sfv::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string out;
  std::string title = "Evaluation";
};

int report(const Options& options, const CommandContext& context) {
  std::vector<ReportResult> results;
  std::string clips;
  for (const std::string& file : options.files) {
    context.cancel.throw_if_cancelled();
    if (std::filesystem::path(file).extension() == ".json") {
      results.push_back(read_report_result(file));
    } else {
      clips += report_clip(file);
    }
  }
  if (!clips.empty()) clips = "<h2>Clips</h2>\n<div class=\"clips\">\n" + clips + "</div>\n";
  io::AtomicFile page(options.out);
  page.write(
      io::html_page(options.title, concat(options.files.size(), " files"), report_results(results) + clips));
  page.commit();
  std::printf("%s\n", options.out.c_str());
  return 0;
}

}  // namespace

void add_eval_report_command(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      program.add_command(parent, "report", "Results and clips on one HTML page that needs nothing else",
                          [options](const CommandContext& context) { return report(*options, context); });
  command
      .add_option(
          "FILES", options->files,
          "What the commands of sfv eval wrote with --json (.json), and clips and pictures, shown side by "
          "side")
      ->required();
  command.add_option("-o,--output", options->out, "The page, replaced if it is there")
      ->required()
      ->type_name("FILE.html");
  command.add_option("--title", options->title, "Of the page. Default: Evaluation")->type_name("TEXT");
}

}  // namespace sfv::cli
