#include "sfv/io/html_page.h"

#include "sfv/core/check.h"
#include "sfv/io/html_style.h"
#include "sfv/io/utf8.h"

namespace sfv::io {

std::string html_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t valid = find_invalid_utf8(text);
    for (const char c : text.substr(0, valid)) {
      const bool is_control = (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        case '\'':
          out += "&#39;";
          break;
        default:
          out += is_control ? '?' : c;
      }
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    out += '?';
    text.remove_prefix(1);
  }
  return out;
}

std::string html_page(std::string_view title, std::string_view summary, std::string_view body) {
  const std::string name = html_text(title);
  return concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      name, "</title>\n<style>", kHtmlStyle, "</style>\n</head>\n<body>\n<h1>", name,
      "</h1>\n<p class=\"summary\">", html_text(summary), "</p>\n", body, "</body>\n</html>\n");
}

}  // namespace sfv::io
