#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sfv::io {

/// Which whole numbers a key takes: min..max, of those the ones with value % multiple == remainder.
struct IntRange {
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
  int64_t multiple = 1;
  int64_t remainder = 0;

  [[nodiscard]] bool contains(int64_t value) const;
  /// "1 to 8", ">= 0", "8 to 4096, divisible by 8", "any".
  [[nodiscard]] std::string text() const;
};

/// Which finite numbers a key takes: min..max, without the ends that are open.
struct NumberRange {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool open_min = false;
  bool open_max = false;

  [[nodiscard]] bool contains(double value) const;
  /// "0 to 1", "> 0", ">= 0 and < 1", "any".
  [[nodiscard]] std::string text() const;
};

/// A TOML 1.0 file whose every key must be asked for, by typed and range-checked look-ups that name file,
/// line and key in every error. Keys are written dotted from the root: "adversarial.r1.weight". Overrides
/// "key.sub=value" (a --set option) lie over the file; their value is TOML, and what is none is taken as a
/// string (a path, a word). Limits: 256 KiB of text, tables, lists and dotted keys 16 levels inside each
/// other. Not thread-safe: look-ups note what was asked for.
/// Errors of all look-ups: kInvalidFile for what stands in the file, kInvalidArgument for an override.
class TomlConfig {
 public:
  /// Errors: kNotFound, kPermission, kIo; kInvalidFile for broken TOML; kInvalidArgument for an override that
  /// is no key=value.
  [[nodiscard]] static TomlConfig load(const std::filesystem::path& path,
                                       std::span<const std::string> overrides = {});
  /// name: how messages call it.
  [[nodiscard]] static TomlConfig parse(std::string_view text, const std::string& name,
                                        std::span<const std::string> overrides = {});
  ~TomlConfig();
  TomlConfig(TomlConfig&&) noexcept;
  TomlConfig& operator=(TomlConfig&&) noexcept;

  [[nodiscard]] bool has(std::string_view key) const;

  /// Each returns nothing when the key is absent.
  [[nodiscard]] std::optional<int64_t> get_int(std::string_view key, const IntRange& range = {});
  [[nodiscard]] std::optional<double> get_number(std::string_view key, const NumberRange& range = {});
  [[nodiscard]] std::optional<bool> get_bool(std::string_view key);
  /// No control characters.
  [[nodiscard]] std::optional<std::string> get_string(std::string_view key);
  /// The index of one of `words`.
  [[nodiscard]] std::optional<size_t> get_word(std::string_view key, std::span<const std::string_view> words);
  /// Lists of up to 10,000; the range is that of each item.
  [[nodiscard]] std::optional<std::vector<int64_t>> get_ints(std::string_view key,
                                                             const IntRange& range = {});
  [[nodiscard]] std::optional<std::vector<double>> get_numbers(std::string_view key,
                                                               const NumberRange& range = {});
  [[nodiscard]] std::optional<std::vector<std::string>> get_strings(std::string_view key);

  /// Notes that a key exists but has no effect here: it must be absent. reason: "has no effect with …".
  void forbid(std::string_view key, std::string_view reason);

  /// Throws for a key whose value does not go with others: "[config] FILE:LINE: KEY: problem". A key that is
  /// absent is named with the file alone.
  [[noreturn]] void fail(std::string_view key, std::string_view problem) const;

  /// Call last. Errors: every key and table that was never asked for, with its line and the nearest known
  /// key.
  void finish() const;

 private:
  struct Content;
  explicit TomlConfig(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

/// A double as TOML (and JSON) writes it, with the fewest digits that give the same double again. Finite.
[[nodiscard]] std::string number_text(double value);
/// A string as TOML writes it, in quotes.
[[nodiscard]] std::string toml_string(std::string_view text);

}  // namespace sfv::io
