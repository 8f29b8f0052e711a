#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sfv::io {

/// Offset of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7: no overlong forms,
/// no surrogates, nothing above U+10FFFF); text.size() if there is none.
[[nodiscard]] size_t find_invalid_utf8(std::string_view text);

/// Appends code_point (<= 0x10ffff, no surrogate) to `out`.
void append_utf8(std::string& out, char32_t code_point);

/// An outside string as messages show it: in quotes, control characters and broken UTF-8 escaped, cut after
/// 200 bytes.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace sfv::io
