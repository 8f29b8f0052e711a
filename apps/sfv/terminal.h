#pragma once

#include <string>
#include <string_view>

namespace sfv::cli {

/// Whether stderr is a terminal on which a line can be drawn again (TERM is set and not "dumb").
[[nodiscard]] bool can_redraw();
/// can_redraw(), and NO_COLOR is not set (https://no-color.org).
[[nodiscard]] bool can_color();
/// Columns of stderr's terminal now; 80 where unknown.
[[nodiscard]] int terminal_columns();

enum class Tint { kRed, kYellow, kGreen };
/// text in colour where can_color(), else as it is.
[[nodiscard]] std::string tinted(std::string_view text, Tint tint);

}  // namespace sfv::cli
