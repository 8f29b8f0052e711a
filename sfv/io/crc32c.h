#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sfv::io {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes`.
[[nodiscard]] uint32_t crc32c(std::span<const std::byte> bytes);

}  // namespace sfv::io
