#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace sfv::io {

/// `bytes` in base 64 (RFC 4648, section 4), padded, in one line.
[[nodiscard]] std::string base64(std::span<const std::byte> bytes);

}  // namespace sfv::io
