#pragma once

#include <string>
#include <string_view>

namespace sfv::io {

/// Text as HTML and SVG show it: & < > " ' escaped, control characters and broken UTF-8 as "?".
[[nodiscard]] std::string html_text(std::string_view text);

/// A whole page that needs nothing else: the style sheet that chart_svg and our reports count on, no script.
/// title, summary: text, escaped here. body: HTML.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view summary, std::string_view body);

}  // namespace sfv::io
