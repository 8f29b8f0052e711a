#include "apps/sfv/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace sfv::cli {

bool can_redraw() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool can_color() {
  const char* no_color = std::getenv("NO_COLOR");
  return can_redraw() && (no_color == nullptr || *no_color == '\0');
}

int terminal_columns() {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string tinted(std::string_view text, Tint tint) {
  if (!can_color()) return std::string(text);
  const char* code = tint == Tint::kRed ? "\033[31m" : tint == Tint::kYellow ? "\033[33m" : "\033[32m";
  return std::string(code) + std::string(text) + "\033[0m";
}

}  // namespace sfv::cli
