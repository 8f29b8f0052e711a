#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sfv/core/cancel.h"

namespace CLI {
class App;
}

namespace sfv::cli {

/// What a running sub-command gets from the program.
struct CommandContext {
  const CancelToken& cancel;  // set by the first Ctrl-C or SIGTERM; pass it to everything long
};

/// The work of a sub-command, run after the whole command line was understood. Returns the exit code (0 done,
/// 1 failed in part); a failure of the whole is an sfv::Error, which the program prints and turns into its
/// exit code. Prints its result on stdout and everything else on stderr.
using CommandBody = std::function<int(const CommandContext&)>;

/// The tree of sub-commands and the one place where errors become messages and exit codes.
///
/// A sub-command is one file NAME_command.cpp with one function add_NAME_command(Program&), listed in
/// commands.h and called in commands.cpp. That function owns its options in a shared struct that its body
/// captures:
///   auto options = std::make_shared<Options>();
///   CLI::App& command = program.add_command(program.root(), "verify", "Check a model's files",
///                                           [options](const CommandContext&) { return verify(*options); });
///   command.add_option("MODEL", options->model, "Model folder or file")->required()->type_name("");
///   program.add_json_flag(command, options->json);
class Program {
 public:
  /// version_text: what --version prints.
  explicit Program(std::string version_text);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] CLI::App& root();
  /// Adds `sfv NAME`, or below another command `sfv PARENT NAME`. Without a body the command only holds
  /// others.
  CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& summary,
                        CommandBody body = {});
  /// --json: the result on stdout is one JSON object, and so is an error ({"error": {code, reason,
  /// message}}).
  void add_json_flag(CLI::App& command, bool& value);
  /// -q/--quiet: no progress and no notes on stderr.
  void add_quiet_flag(CLI::App& command, bool& value);

  /// Parses, runs, reports. Returns the process's exit code: 0, 1 failed, 2 usage, 130 Ctrl-C, 143 SIGTERM.
  [[nodiscard]] int run(int argc, const char* const* argv, const CancelToken& cancel);

 private:
  int report_usage_error(const std::exception& error, bool json);

  std::unique_ptr<CLI::App> root_;
  CommandBody selected_;
};

}  // namespace sfv::cli
