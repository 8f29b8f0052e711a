#pragma once

#include "apps/sfv/command.h"

namespace sfv::cli {

/// Every sub-command, in the order of `sfv --help`.
void add_all_commands(Program& program);

}  // namespace sfv::cli
