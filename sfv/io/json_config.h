#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sfv::io {

/// A JSON object read from a config file, with typed look-ups that name the file and the key in every error.
/// Copies are cheap (shared, immutable). Limits: 16 MiB of text, 64 levels, 1,000,000 values, no duplicate
/// keys. Strict JSON: no comments, no NaN or Infinity, no byte order mark.
class JsonConfig {
 public:
  /// Errors: kNotFound, kPermission, kIo; kInvalidFile for broken JSON or anything but an object.
  [[nodiscard]] static JsonConfig load(const std::filesystem::path& path);
  /// name: how messages call it.
  [[nodiscard]] static JsonConfig parse(std::string_view text, const std::string& name);

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] bool has(std::string_view key) const;  // present and not null
  [[nodiscard]] std::vector<std::string> keys() const;
  /// Errors: kInvalidArgument listing the unknown keys and the allowed ones. For our own files; foreign
  /// configs may hold more.
  void allow_only(const std::vector<std::string_view>& allowed) const;

  /// Each returns nothing when the key is absent or null. Errors: kInvalidFile for another type or a value
  /// out of the type's range.
  [[nodiscard]] std::optional<int64_t> get_int(std::string_view key) const;
  [[nodiscard]] std::optional<double> get_double(std::string_view key) const;
  [[nodiscard]] std::optional<bool> get_bool(std::string_view key) const;
  [[nodiscard]] std::optional<std::string> get_string(std::string_view key) const;
  [[nodiscard]] std::optional<std::vector<int64_t>> get_ints(std::string_view key) const;
  [[nodiscard]] std::optional<std::vector<double>> get_doubles(std::string_view key) const;
  [[nodiscard]] std::optional<std::vector<std::string>> get_strings(std::string_view key) const;
  [[nodiscard]] bool is_list(std::string_view key) const;
  [[nodiscard]] std::optional<JsonConfig> get_object(std::string_view key) const;

  /// A copy with this number under the key, in its place or at the end. value: finite.
  [[nodiscard]] JsonConfig with_double(std::string_view key, double value) const;

  /// The whole object again as JSON text, keys in their order in the file, indented by 2.
  [[nodiscard]] std::string text() const;

 private:
  struct Node;
  explicit JsonConfig(std::shared_ptr<const Node> node);
  std::shared_ptr<const Node> node_;
};

}  // namespace sfv::io
