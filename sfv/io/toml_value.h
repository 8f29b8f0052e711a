#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sfv::io {

/// A TOML value, freed of the parser's types.
struct TomlValue {
  /// What no recipe uses: dates, times, tables inside lists.
  struct Other {
    std::string description;
  };
  std::variant<bool, int64_t, double, std::string, std::vector<TomlValue>, Other> value;
  std::string place;  // "r.toml:12" or "--set optimizer.lr=-1"
  bool is_override = false;

  /// For messages: "the string \"a\"", "a list of 3", "0.5".
  [[nodiscard]] std::string describe() const;
};

/// Every value by its dotted key, and every table that holds no value (by its key, with its place).
struct FlatToml {
  std::map<std::string, TomlValue, std::less<>> values;
  std::map<std::string, std::string, std::less<>> empty_tables;
};

/// Errors: kInvalidFile with the line of the first break, and for text over the limits of TomlConfig.
[[nodiscard]] FlatToml parse_toml(std::string_view text, const std::string& name);

/// Lays "key.sub=value" over `toml`. Errors: kInvalidArgument naming the option.
void apply_override(FlatToml& toml, const std::string& option);

struct TomlBreak {
  int64_t line = 0;  // counted from 1
  std::string problem;
};

/// What the parser must not be given: dotted keys and brackets deeper inside each other than max_depth (it
/// recurses on them), and letters outside ASCII in bare keys and values (toml++ 3.3 has undefined behaviour
/// there; TOML has none of them).
[[nodiscard]] std::optional<TomlBreak> precheck_toml(std::string_view text, int max_depth);

}  // namespace sfv::io
