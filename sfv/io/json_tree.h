#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sfv/io/json_reader.h"

namespace sfv::io {

/// A JSON value held in memory, as written: numbers keep their text, members their order.
struct JsonTree {
  JsonReader::Kind kind = JsonReader::Kind::kNull;
  std::string text;               // a string unescaped, a number as written, "true" or "false"
  std::vector<std::string> keys;  // of an object, in their order; empty for a list
  std::vector<JsonTree> items;    // of a list; of an object: one for each key
  std::vector<uint32_t> by_key;   // indices of keys, sorted by key

  /// The item of this key; null when there is none.
  [[nodiscard]] const JsonTree* find(std::string_view key) const;
  /// Puts an item under the key of an object, instead of the one that is there or at the end.
  void set(std::string_view key, JsonTree item);
};

/// text: valid UTF-8. Errors: those of JsonReader; kInvalidFile with the source's reason for a key that
/// appears twice and for more than 1,000,000 values.
[[nodiscard]] JsonTree parse_json(std::string_view text, const JsonSource& source);

/// The value as JSON, indented by 2.
[[nodiscard]] std::string to_text(const JsonTree& tree);

/// For messages: "the string \"a\"", "a list of 3", "null".
[[nodiscard]] std::string describe(const JsonTree& tree);

}  // namespace sfv::io
