#include "sfv/io/json_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// text: a number by JSON's grammar. from_chars calls both too large and too small "out of range"; only the
// first is an error.
bool is_too_large(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc::result_out_of_range) return false;
  // Where the first digit that counts stands relative to the decimal point, plus the exponent; far from 0
  // either way.
  const size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, exponent_at);
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  const size_t first = std::min(mantissa.find_first_of("123456789"), mantissa.size());
  int64_t magnitude = static_cast<int64_t>(point) - static_cast<int64_t>(first);
  if (exponent_at < text.size()) {
    std::string_view digits = text.substr(exponent_at + 1);
    const bool is_negative = digits.front() == '-';
    if (!is_digit(digits.front())) digits.remove_prefix(1);
    int64_t exponent = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (parsed.ec != std::errc()) return !is_negative;
    magnitude += is_negative ? -exponent : exponent;
  }
  return magnitude > 0;
}

}  // namespace

JsonReader::JsonReader(std::string_view text, JsonSource source) : text_(text), source_(std::move(source)) {}

void JsonReader::fail(std::string_view expected) const {
  const std::string_view before = text_.substr(0, at_);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_begin = before.rfind('\n') + 1;  // npos + 1 = 0
  const std::string found = at_ < text_.size() ? printable(text_.substr(at_, 12)) : "the end of the text";
  throw Error(ErrorCode::kInvalidFile,
              concat(source_.where, ": broken JSON at line ", line, ", column ", at_ - line_begin + 1,
                     ": expected ", expected, ", found ", found),
              source_.reason);
}

void JsonReader::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    ++at_;
  }
}

bool JsonReader::take(char c) {
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void JsonReader::take_word(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) fail(word);
  at_ += word.size();
}

JsonReader::Kind JsonReader::peek() {
  skip_space();
  const char c = at_ < text_.size() ? text_[at_] : '\0';
  if (c == '-' || is_digit(c)) return Kind::kNumber;
  switch (c) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kList;
    case '"':
      return Kind::kString;
    case 't':
    case 'f':
      return Kind::kBool;
    case 'n':
      return Kind::kNull;
    default:
      fail("a value");
  }
}

void JsonReader::enter() {
  if (depth_ >= source_.max_depth)
    fail(concat("at most ", source_.max_depth, " objects and lists inside each other"));
  ++depth_;
  is_first_ = true;
}

void JsonReader::begin_object() {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != '{') fail("an object");
  enter();
  ++at_;
}

bool JsonReader::next_key(std::string& key) {
  skip_space();
  if (take('}')) {
    --depth_;
    is_first_ = false;
    return false;
  }
  if (!is_first_) {
    if (!take(',')) fail("\",\" or \"}\"");
    skip_space();
  }
  is_first_ = false;
  if (at_ >= text_.size() || text_[at_] != '"') fail("a key in quotes");
  key.clear();
  scan_string(&key);
  skip_space();
  if (!take(':')) fail("\":\"");
  return true;
}

void JsonReader::begin_list() {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != '[') fail("a list");
  enter();
  ++at_;
}

bool JsonReader::next_item() {
  skip_space();
  if (take(']')) {
    --depth_;
    is_first_ = false;
    return false;
  }
  if (!is_first_ && !take(',')) fail("\",\" or \"]\"");
  is_first_ = false;
  return true;
}

size_t JsonReader::count_numbers() const {
  const std::string_view rest = text_.substr(at_);
  const std::string_view items = rest.substr(0, rest.find(']'));
  return static_cast<size_t>(std::count(items.begin(), items.end(), ',')) + 1;
}

std::string JsonReader::read_string() {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != '"') fail("a string");
  std::string out;
  scan_string(&out);
  return out;
}

void JsonReader::scan_string(std::string* out) {
  ++at_;  // the opening quote
  // Reserving the raw length up to the first quote keeps a long string from being held twice while it grows.
  if (out != nullptr) out->reserve(std::min(text_.find('"', at_), text_.size()) - at_);
  while (true) {
    const size_t plain_begin = at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<uint8_t>(text_[at_]) >= 0x20)
      ++at_;
    if (out != nullptr) out->append(text_, plain_begin, at_ - plain_begin);
    if (take('"')) return;
    if (at_ >= text_.size() || text_[at_] != '\\')
      fail("the rest of a string (control characters must be escaped)");
    ++at_;
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const size_t letter = at_ < text_.size() ? kLetters.find(text_[at_]) : std::string_view::npos;
    char32_t code_point = 0;
    if (letter != std::string_view::npos) {
      ++at_;
      code_point = static_cast<char32_t>(kMeanings[letter]);
    } else if (take('u')) {
      code_point = scan_unicode_escape();
    } else {
      fail("an escape sequence");
    }
    if (out != nullptr) append_utf8(*out, code_point);
  }
}

char32_t JsonReader::scan_hex4() {
  const std::string_view digits = text_.substr(at_, 4);
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() < 4 || end != digits.data() + 4 || error != std::errc()) fail("four hexadecimal digits");
  at_ += 4;
  return value;
}

char32_t JsonReader::scan_unicode_escape() {
  const char32_t first = scan_hex4();
  if (first < 0xd800 || first > 0xdfff) return first;
  if (first > 0xdbff) fail("a leading surrogate before a trailing one");
  if (!take('\\') || !take('u')) fail("a trailing surrogate");
  const char32_t second = scan_hex4();
  if (second < 0xdc00 || second > 0xdfff) fail("a trailing surrogate");
  return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

void JsonReader::scan_digits() {
  if (at_ >= text_.size() || !is_digit(text_[at_])) fail("a digit");
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
}

std::string_view JsonReader::read_number() {
  skip_space();
  const size_t begin = at_;
  const bool is_negative = take('-');
  if (at_ >= text_.size() || !is_digit(text_[at_])) fail(is_negative ? "a digit" : "a number");
  if (!take('0')) scan_digits();
  if (at_ < text_.size() && is_digit(text_[at_])) fail("a number without leading zeros");
  if (take('.')) scan_digits();
  if (take('e') || take('E')) {
    if (!take('+')) static_cast<void>(take('-'));
    scan_digits();
  }
  const std::string_view number = text_.substr(begin, at_ - begin);
  if (is_too_large(number)) {
    at_ = begin;
    fail("a number that a double can hold");
  }
  return number;
}

bool JsonReader::read_bool() {
  skip_space();
  if (at_ < text_.size() && text_[at_] == 't') {
    take_word("true");
    return true;
  }
  take_word("false");
  return false;
}

void JsonReader::read_null() {
  skip_space();
  take_word("null");
}

void JsonReader::skip_value() {
  std::string key;
  switch (peek()) {
    case Kind::kObject:
      begin_object();
      while (next_key(key)) skip_value();
      return;
    case Kind::kList:
      begin_list();
      while (next_item()) skip_value();
      return;
    case Kind::kString:
      return scan_string(nullptr);
    case Kind::kNumber:
      static_cast<void>(read_number());
      return;
    case Kind::kBool:
      static_cast<void>(read_bool());
      return;
    case Kind::kNull:
      return read_null();
  }
}

void JsonReader::finish() {
  skip_space();
  if (at_ < text_.size()) fail("the end of the text");
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kLetters = "\"\\bfnrt";
  constexpr std::string_view kMeanings = "\"\\\b\f\n\r\t";
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const size_t letter = kMeanings.find(c);
    if (letter != std::string_view::npos) {
      out += '\\';
      out += kLetters[letter];
    } else if (static_cast<uint8_t>(c) < 0x20) {
      out += "\\u00";
      out += kDigits[static_cast<uint8_t>(c) >> 4];
      out += kDigits[static_cast<uint8_t>(c) & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace sfv::io
