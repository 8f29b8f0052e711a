// What must be known of a TOML text before it is parsed: a walk over keys and brackets that steps over
// strings and comments. For broken TOML the answer holds up to the break, which is all that a parser reads.
#include <algorithm>

#include "sfv/core/check.h"
#include "sfv/io/toml_value.h"

namespace sfv::io {
namespace {

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

/// Whether the backslash at `at` stands before space and then a letter outside ASCII: in a long string the
/// parser skips that space, and asks of the letter what it must not.
bool skips_to_foreign_letter(std::string_view text, size_t at) {
  const size_t next = text.find_first_not_of(" \t\r\n", at + 1);
  return next != std::string_view::npos && !is_ascii(text[next]);
}

/// The end of the string or comment that starts at `at`; `at` itself if there is none; npos if it holds what
/// skips_to_foreign_letter() finds.
size_t skip_text(std::string_view text, size_t at) {
  const char c = text[at];
  if (c == '#') return std::min(text.find('\n', at), text.size());
  if (c != '"' && c != '\'') return at;
  const std::string_view triple = c == '"' ? R"(""")" : "'''";
  const bool is_long = text.substr(at, 3) == triple;
  size_t end = at + (is_long ? 3 : 1);
  while (end < text.size()) {
    if (text[end] == '\\' && c == '"') {
      if (is_long && skips_to_foreign_letter(text, end)) return std::string_view::npos;
      end += 2;
    } else if (is_long && text.substr(end, 3) == triple) {
      end += 3;
      while (end < text.size() && text[end] == c) ++end;  // """" closes and holds one or two more
      return end;
    } else if (!is_long && (text[end] == c || text[end] == '\n')) {
      return end + 1;
    } else {
      ++end;
    }
  }
  return text.size();
}

}  // namespace

std::optional<TomlBreak> precheck_toml(std::string_view text, int max_depth) {
  int64_t line = 1;
  int brackets = 0;
  int dots = 0;  // since the last character that ends a key
  constexpr const char* kForeign =
      "expected letters outside ASCII in strings and comments only, and none after a backslash";
  for (size_t at = 0; at < text.size();) {
    if (const size_t end = skip_text(text, at); end > at) {
      if (end == std::string_view::npos) return TomlBreak{line, kForeign};
      line += std::count(text.begin() + static_cast<ptrdiff_t>(at),
                         text.begin() + static_cast<ptrdiff_t>(std::min(end, text.size())), '\n');
      at = end;
      continue;
    }
    const char c = text[at++];
    if (!is_ascii(c)) return TomlBreak{line, kForeign};
    if (c == '[' || c == '{') ++brackets;
    if (c == ']' || c == '}') brackets = std::max(0, brackets - 1);
    if (c == '.') ++dots;
    if (c == '\n') ++line;
    if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{') dots = 0;
    if (brackets > max_depth || dots > max_depth) {
      return TomlBreak{line,
                       concat("expected tables and lists at most ", max_depth, " levels inside each other")};
    }
  }
  return std::nullopt;
}

}  // namespace sfv::io
