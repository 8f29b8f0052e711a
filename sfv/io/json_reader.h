#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sfv::io {

/// Where a JSON text comes from and how errors about it read.
struct JsonSource {
  std::string where;   // start of each message: "[config] a/config.json"
  std::string reason;  // Error::reason() of broken JSON
  int max_depth = 64;  // objects and lists inside each other
};

/// Walks through a JSON text (RFC 8259) value by value without building a tree, so that hostile text costs no
/// memory but the strings that are asked for. Strict: no comments, no byte order mark, no trailing commas, no
/// NaN, nothing after the value; a number too large for a double is an error. Same verdicts as Rust's
/// serde_json, which the official safetensors library uses.
///   reader.begin_object();
///   while (reader.next_key(key)) { … one read_ or skip_ call … }
///   reader.finish();
/// Errors: every call throws kInvalidFile with the source's reason at the first break, naming line and
/// column.
class JsonReader {
 public:
  enum class Kind { kObject, kList, kString, kNumber, kBool, kNull };

  /// text: valid UTF-8 (find_invalid_utf8), borrowed.
  JsonReader(std::string_view text, JsonSource source);

  /// What the next value is, by its first character.
  [[nodiscard]] Kind peek();
  void begin_object();
  /// The next member's key, unescaped; false after the last one.
  [[nodiscard]] bool next_key(std::string& key);
  void begin_list();
  /// Whether another item follows; false after the last one.
  [[nodiscard]] bool next_item();
  /// At most this many items are left in the list just begun, if it holds only numbers: for reserving memory
  /// exactly.
  [[nodiscard]] size_t count_numbers() const;

  [[nodiscard]] std::string read_string();
  /// The number as written.
  [[nodiscard]] std::string_view read_number();
  [[nodiscard]] bool read_bool();
  void read_null();
  /// Any value, checked as strictly as if it were read.
  void skip_value();
  /// The text must end here.
  void finish();

 private:
  [[noreturn]] void fail(std::string_view expected) const;
  void skip_space();
  [[nodiscard]] bool take(char c);
  void take_word(std::string_view word);
  void enter();
  // Walks over a string, unescaping into `out` if there is one.
  void scan_string(std::string* out);
  char32_t scan_hex4();
  char32_t scan_unicode_escape();
  void scan_digits();

  std::string_view text_;
  JsonSource source_;
  size_t at_ = 0;
  int depth_ = 0;
  bool is_first_ = false;  // the container just begun has given nothing yet
};

/// Appends `text` as a JSON string with its quotes, escaping what JSON demands and nothing else (as
/// serde_json does).
void append_json_string(std::string& out, std::string_view text);

}  // namespace sfv::io
