#pragma once

#include <sstream>
#include <string>

#include "sfv/core/error.h"

namespace sfv {

/// Joins its arguments with operator<<, for error messages.
template <typename... Parts>
[[nodiscard]] std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

}  // namespace sfv

/// Throws sfv::Error(ErrorCode::code, concat(…)) when the condition is false. The message is built only then.
#define SFV_CHECK(condition, code, ...)                                                       \
  do {                                                                                        \
    if (!(condition)) throw ::sfv::Error(::sfv::ErrorCode::code, ::sfv::concat(__VA_ARGS__)); \
  } while (false)
