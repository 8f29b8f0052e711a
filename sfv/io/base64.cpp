#include "sfv/io/base64.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "sfv/core/rounding.h"

namespace sfv::io {

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr size_t kGroup = 3;  // bytes that become four digits
  std::string out;
  out.reserve(quotient_up(bytes.size(), kGroup) * 4);
  for (size_t at = 0; at < bytes.size(); at += kGroup) {
    const size_t count = std::min(kGroup, bytes.size() - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < kGroup; ++i)
      bits = bits << 8 | (i < count ? static_cast<uint32_t>(bytes[at + i]) : 0);
    for (size_t digit = 0; digit < 4; ++digit) {
      out += digit <= count ? kDigits[bits >> (18 - 6 * digit) & 63] : '=';
    }
  }
  return out;
}

}  // namespace sfv::io
