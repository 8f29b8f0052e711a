// The program `sfv`: its sub-commands are listed in commands.cpp, one file each.

#include "apps/sfv/command.h"
#include "apps/sfv/commands.h"
#include "apps/sfv/stop_signals.h"
#include "apps/sfv/version_text.h"
#include "sfv/tensor/allocator.h"

int main(int argc, char** argv) {
  const sfv::CancelToken& cancel = sfv::cli::install_stop_signals();
  sfv::keep_freed_memory();
  sfv::cli::Program program(sfv::cli::version_text());
  sfv::cli::add_all_commands(program);
  return program.run(argc, argv, cancel);
}
