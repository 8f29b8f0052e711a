#include "apps/sfv/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/sfv/error_report.h"
#include "apps/sfv/help_format.h"
#include "sfv/core/log.h"

namespace sfv::cli {
namespace {

// A usage error comes before --json has been understood, so its plain spelling decides.
bool asks_for_json(int argc, const char* const* argv) {
  return std::any_of(argv + 1, argv + argc,
                     [](const char* word) { return std::string_view(word) == "--json"; });
}

int report(const Error& error, bool json, int code) {
  std::fprintf(stderr, "%s\n", error_line(error.what()).c_str());
  if (json) std::printf("%s\n", error_json(error).c_str());
  return code;
}

// The deepest sub-command that was named: whose --help would answer.
std::string command_path(const CLI::App& root) {
  std::string path = "sfv";
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    path += " " + app->get_name();
  }
  return path;
}

}  // namespace

Program::Program(std::string version_text)
    : root_(std::make_unique<CLI::App>("Turn photos into short video clips.", "sfv")) {
  root_->formatter(std::make_shared<HelpFormat>());
  root_->set_help_flag("-h,--help", "Show this help and exit")->group("General");
  root_
      ->set_version_flag(
          "-V,--version", [text = std::move(version_text)] { return text; },
          "Show the version, libtorch's, and how this program was built")
      ->group("General");
  root_->require_subcommand(1);
}

Program::~Program() = default;

CLI::App& Program::root() {
  return *root_;
}

CLI::App& Program::add_command(CLI::App& parent, const std::string& name, const std::string& summary,
                               CommandBody body) {
  CLI::App* command = parent.add_subcommand(name, summary);
  command->group("Commands");
  command->set_help_flag("-h,--help", "Show this help and exit")->group("General");
  if (body) {
    command->callback([this, body = std::move(body)] { selected_ = body; });
  } else {
    command->require_subcommand(1);
  }
  return *command;
}

void Program::add_json_flag(CLI::App& command, bool& value) {
  command.add_flag("--json", value, "Print the result, or the error, as one JSON object on stdout")
      ->group("General");
}

void Program::add_quiet_flag(CLI::App& command, bool& value) {
  command.add_flag("-q,--quiet", value, "No progress and no notes on stderr; warnings and errors stay")
      ->group("General");
}

int Program::report_usage_error(const std::exception& error, bool json) {
  const std::string text = std::string(error.what()) + "; see " + command_path(*root_) + " --help";
  return report(Error(ErrorCode::kInvalidArgument, text, "usage"), json, 2);
}

int Program::run(int argc, const char* const* argv, const CancelToken& cancel) {
  const bool json = asks_for_json(argc, argv);
  // Until a command shows them above its bar.
  set_log_sink([](LogLevel level, const std::string& message) {
    if (level == LogLevel::kWarning) std::fprintf(stderr, "%s\n", warning_line(message).c_str());
  });
  try {
    if (argc < 2) {
      std::fprintf(stderr, "%s", root_->help().c_str());
      return 2;
    }
    root_->parse(argc, argv);
    return selected_({cancel});
  } catch (const CLI::Success& success) {  // --help, --version
    root_->exit(success);
    return 0;
  } catch (const CLI::ParseError& error) {
    return report_usage_error(error, json);
  } catch (const std::exception& exception) {
    const Error error = as_error(exception);
    return report(error, json, exit_code(error, cancel));
  }
}

}  // namespace sfv::cli
