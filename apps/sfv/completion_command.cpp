// sfv completion SHELL: prints the completion script.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/commands.h"
#include "apps/sfv/completion_script.h"

namespace sfv::cli {

void add_completion_command(Program& program) {
  const auto shell = std::make_shared<std::string>();
  CLI::App& command =
      program.add_command(program.root(), "completion", "Print a completion script for your shell",
                          [&program, shell](const CommandContext&) {
                            std::printf("%s", completion_script(program.root(), *shell).c_str());
                            return 0;
                          });
  add_choice(command, "SHELL", *shell, {"bash", "zsh", "fish"}, "bash, zsh or fish")->required();
  command.footer("Example:\n  source <(sfv completion bash)");
}

}  // namespace sfv::cli
