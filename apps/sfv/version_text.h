#pragma once

#include <string>

namespace sfv::cli {

/// What `sfv --version` prints: "sfv 0.1.0", then libtorch's version and the build options, one a line.
[[nodiscard]] std::string version_text();

}  // namespace sfv::cli
