#pragma once

#include <array>
#include <cstdio>
#include <string>

namespace sfv::cli {

/// printf's text; what goes beyond 511 characters is cut off.
template <typename... Values>
[[nodiscard]] std::string format(const char* pattern, Values... values) {
  std::array<char, 512> text = {};
  std::snprintf(text.data(), text.size(), pattern, values...);
  return text.data();
}

}  // namespace sfv::cli
