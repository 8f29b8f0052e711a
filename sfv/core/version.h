#pragma once

#include <string_view>

namespace sfv {

/// "MAJOR.MINOR.PATCH" of this build.
[[nodiscard]] std::string_view version();

}  // namespace sfv
