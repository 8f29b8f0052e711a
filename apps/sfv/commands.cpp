#include "apps/sfv/commands.h"

namespace sfv::cli {

void add_all_commands(Program& program) {
  static_cast<void>(program);
}

}  // namespace sfv::cli
