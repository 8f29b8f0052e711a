#include "sfv/io/toml_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/toml_value.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

constexpr size_t kMaxItems = 10'000;
constexpr size_t kMaxReported = 10;

/// Edit distance (Levenshtein) of two short words.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('.') + 1);  // npos + 1 is 0
}

}  // namespace

bool IntRange::contains(int64_t value) const {
  return value >= min && value <= max && value % multiple == remainder;
}

std::string IntRange::text() const {
  constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
  std::string text = min == kLowest && max == kHighest ? "any"
                     : max == kHighest                 ? concat(">= ", min)
                     : min == kLowest                  ? concat("<= ", max)
                                                       : concat(min, " to ", max);
  if (multiple == 2 && remainder == 1) return text + ", odd";
  if (multiple != 1) text += concat(", divisible by ", multiple);
  return text;
}

bool NumberRange::contains(double value) const {
  return std::isfinite(value) && (open_min ? value > min : value >= min) &&
         (open_max ? value < max : value <= max);
}

std::string NumberRange::text() const {
  const std::string low = std::isinf(min) ? "" : (open_min ? "> " : ">= ") + number_text(min);
  const std::string high = std::isinf(max) ? "" : (open_max ? "< " : "<= ") + number_text(max);
  if (low.empty() && high.empty()) return "any";
  if (low.empty() || high.empty()) return low + high;
  return open_min || open_max ? low + " and " + high : number_text(min) + " to " + number_text(max);
}

struct TomlConfig::Content {
  std::string name;
  FlatToml toml;
  std::set<std::string, std::less<>> known;  // every key that was asked for

  [[nodiscard]] const TomlValue* ask(std::string_view key) {
    known.emplace(key);
    const auto found = toml.values.find(key);
    return found == toml.values.end() ? nullptr : &found->second;
  }

  [[noreturn]] static void fail_at(const TomlValue& value, std::string_view key, std::string_view problem) {
    throw Error(value.is_override ? ErrorCode::kInvalidArgument : ErrorCode::kInvalidFile,
                concat("[config] ", value.place, ": ", key, ": ", problem));
  }
  [[noreturn]] static void fail_type(const TomlValue& value, std::string_view key,
                                     std::string_view expected) {
    fail_at(value, key, concat("expected ", expected, ", found ", value.describe()));
  }

  static int64_t to_int(const TomlValue& value, std::string_view key, const IntRange& range) {
    const auto* integer = std::get_if<int64_t>(&value.value);
    if (integer == nullptr) fail_type(value, key, "a whole number");
    if (!range.contains(*integer)) fail_type(value, key, "a whole number " + range.text());
    return *integer;
  }
  static double to_number(const TomlValue& value, std::string_view key, const NumberRange& range) {
    const auto* integer = std::get_if<int64_t>(&value.value);
    const auto* number = std::get_if<double>(&value.value);
    if (integer == nullptr && number == nullptr) fail_type(value, key, "a number");
    const double result = integer != nullptr ? static_cast<double>(*integer) : *number;
    if (!std::isfinite(result)) fail_type(value, key, "a finite number");
    if (!range.contains(result)) fail_type(value, key, "a number " + range.text());
    return result + 0.0;  // -0 becomes 0
  }
  static std::string to_text(const TomlValue& value, std::string_view key) {
    const auto* text = std::get_if<std::string>(&value.value);
    if (text == nullptr) fail_type(value, key, "a string");
    if (std::any_of(text->begin(), text->end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
      fail_type(value, key, "a string without control characters");
    }
    return *text;
  }
  template <typename T, typename Convert>
  std::optional<std::vector<T>> to_list(std::string_view key, Convert convert) {
    const TomlValue* value = ask(key);
    if (value == nullptr) return std::nullopt;
    const auto* items = std::get_if<std::vector<TomlValue>>(&value->value);
    if (items == nullptr) fail_type(*value, key, "a list");
    if (items->size() > kMaxItems) fail_type(*value, key, concat("a list of at most ", kMaxItems));
    std::vector<T> result;
    for (const TomlValue& item : *items) result.push_back(convert(item));
    return result;
  }

  /// " (did you mean …?)", or nothing where no known key is near.
  [[nodiscard]] std::string hint(std::string_view unknown) const {
    constexpr size_t kLongest = 100;
    if (unknown.size() > kLongest) return {};
    std::string_view best;
    // The right key in the wrong table is nearer than any misspelling.
    std::pair<size_t, size_t> nearest{std::max<size_t>(2, unknown.size() / 4) + 1, 0};
    for (const std::string& key : known) {
      const size_t misspelt = distance(key, unknown);
      const std::pair far{last_part(key) == last_part(unknown) ? 0 : misspelt, misspelt};
      if (far < nearest) {
        nearest = far;
        best = key;
      }
    }
    return best.empty() ? "" : concat(" (did you mean ", best, "?)");
  }
};

TomlConfig::TomlConfig(std::unique_ptr<Content> content) : content_(std::move(content)) {}
TomlConfig::~TomlConfig() = default;
TomlConfig::TomlConfig(TomlConfig&&) noexcept = default;
TomlConfig& TomlConfig::operator=(TomlConfig&&) noexcept = default;

TomlConfig TomlConfig::load(const std::filesystem::path& path, std::span<const std::string> overrides) {
  const MappedFile file(path);
  return parse({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, path.string(),
               overrides);
}

TomlConfig TomlConfig::parse(std::string_view text, const std::string& name,
                             std::span<const std::string> overrides) {
  auto content = std::make_unique<Content>(Content{name, parse_toml(text, name), {}});
  for (const std::string& option : overrides) apply_override(content->toml, option);
  return TomlConfig(std::move(content));
}

bool TomlConfig::has(std::string_view key) const {
  return content_->toml.values.contains(key);
}

std::optional<int64_t> TomlConfig::get_int(std::string_view key, const IntRange& range) {
  const TomlValue* value = content_->ask(key);
  return value == nullptr ? std::nullopt : std::optional(Content::to_int(*value, key, range));
}

std::optional<double> TomlConfig::get_number(std::string_view key, const NumberRange& range) {
  const TomlValue* value = content_->ask(key);
  return value == nullptr ? std::nullopt : std::optional(Content::to_number(*value, key, range));
}

std::optional<bool> TomlConfig::get_bool(std::string_view key) {
  const TomlValue* value = content_->ask(key);
  if (value == nullptr) return std::nullopt;
  const auto* flag = std::get_if<bool>(&value->value);
  if (flag == nullptr) Content::fail_type(*value, key, "true or false");
  return *flag;
}

std::optional<std::string> TomlConfig::get_string(std::string_view key) {
  const TomlValue* value = content_->ask(key);
  return value == nullptr ? std::nullopt : std::optional(Content::to_text(*value, key));
}

std::optional<size_t> TomlConfig::get_word(std::string_view key, std::span<const std::string_view> words) {
  const TomlValue* value = content_->ask(key);
  if (value == nullptr) return std::nullopt;
  const auto* text = std::get_if<std::string>(&value->value);
  const auto found = text == nullptr ? words.end() : std::find(words.begin(), words.end(), *text);
  if (found != words.end()) return static_cast<size_t>(found - words.begin());
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "one of " : ", ") + toml_string(word);
  Content::fail_type(*value, key, list);
}

std::optional<std::vector<int64_t>> TomlConfig::get_ints(std::string_view key, const IntRange& range) {
  return content_->to_list<int64_t>(key,
                                    [&](const TomlValue& item) { return Content::to_int(item, key, range); });
}

std::optional<std::vector<double>> TomlConfig::get_numbers(std::string_view key, const NumberRange& range) {
  return content_->to_list<double>(
      key, [&](const TomlValue& item) { return Content::to_number(item, key, range); });
}

std::optional<std::vector<std::string>> TomlConfig::get_strings(std::string_view key) {
  return content_->to_list<std::string>(key,
                                        [&](const TomlValue& item) { return Content::to_text(item, key); });
}

void TomlConfig::forbid(std::string_view key, std::string_view reason) {
  const TomlValue* value = content_->ask(key);
  if (value != nullptr) Content::fail_at(*value, key, reason);
}

void TomlConfig::fail(std::string_view key, std::string_view problem) const {
  const auto found = content_->toml.values.find(key);
  if (found != content_->toml.values.end()) Content::fail_at(found->second, key, problem);
  throw Error(ErrorCode::kInvalidFile, concat("[config] ", content_->name, ": ", key, ": ", problem));
}

void TomlConfig::finish() const {
  std::string unknown;
  size_t count = 0;
  bool is_override = true;
  const auto report = [&](std::string_view key, const std::string& place, std::string_view what) {
    if (++count > kMaxReported) return;
    const std::string name = key.size() > 100 ? printable(key) : std::string(key);
    unknown += concat(unknown.empty() ? "" : "; ", place, ": unknown ", what, " ", name, content_->hint(key));
  };
  for (const auto& [key, value] : content_->toml.values) {
    if (content_->known.contains(key)) continue;
    is_override = is_override && value.is_override;
    report(key, value.place, "key");
  }
  for (const auto& [key, place] : content_->toml.empty_tables) {
    const std::string inside = key + ".";
    const auto next = content_->known.lower_bound(inside);
    if (next != content_->known.end() && next->starts_with(inside)) continue;
    is_override = false;
    report(key, place, "table");
  }
  if (count == 0) return;
  if (count > kMaxReported) unknown += concat("; and ", count - kMaxReported, " more");
  throw Error(is_override ? ErrorCode::kInvalidArgument : ErrorCode::kInvalidFile, "[config] " + unknown);
}

std::string number_text(double value) {
  SFV_CHECK(std::isfinite(value), kInternal, "[number_text] expected a finite number");
  std::array<char, 32> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  std::string text(digits.data(), written.ptr);
  // "1e-05" is to_chars' form, 1e-5 everybody's.
  const size_t exponent = text.find('e');
  if (exponent != std::string::npos && text[exponent + 2] == '0') text.erase(exponent + 2, 1);
  return text;
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (code < 0x20 || code == 0x7f) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += {'\\', 'u', '0', '0', kHex[code >> 4], kHex[code & 15]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace sfv::io
