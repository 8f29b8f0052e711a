#include "sfv/io/json_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/json_reader.h"
#include "sfv/io/json_tree.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

constexpr size_t kMaxTextBytes = size_t{16} << 20;

[[noreturn]] void fail_type(const std::string& name, std::string_view key, std::string_view expected,
                            const JsonTree& found) {
  throw Error(ErrorCode::kInvalidFile, concat("[config] ", name, ": ", printable(key), ": expected ",
                                              expected, ", found ", describe(found)));
}

int64_t to_int(const JsonTree& value, const std::string& name, std::string_view key) {
  constexpr std::string_view kExpected = "a whole number";
  if (value.kind != JsonReader::Kind::kNumber) fail_type(name, key, kExpected, value);
  int64_t number = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto parsed = std::from_chars(value.text.data(), end, number);
  if (parsed.ec == std::errc::result_out_of_range) fail_type(name, key, "a whole number of 64 bits", value);
  if (parsed.ptr != end) fail_type(name, key, kExpected, value);
  return number;
}

double to_double(const JsonTree& value, const std::string& name, std::string_view key) {
  if (value.kind != JsonReader::Kind::kNumber) fail_type(name, key, "a number", value);
  double number = 0;  // stays 0 for one that is too small; one that is too large was refused by the reader
  std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  return number;
}

bool to_bool(const JsonTree& value, const std::string& name, std::string_view key) {
  if (value.kind != JsonReader::Kind::kBool) fail_type(name, key, "true or false", value);
  return value.text == "true";
}

std::string to_string_value(const JsonTree& value, const std::string& name, std::string_view key) {
  if (value.kind != JsonReader::Kind::kString) fail_type(name, key, "a string", value);
  return value.text;
}

template <typename T>
std::vector<T> to_list(const JsonTree& value, const std::string& name, std::string_view key, auto to_item) {
  if (value.kind != JsonReader::Kind::kList) fail_type(name, key, "a list", value);
  std::vector<T> items;
  items.reserve(value.items.size());
  for (const JsonTree& item : value.items) items.push_back(to_item(item, name, key));
  return items;
}

}  // namespace

struct JsonConfig::Node {
  std::string name;
  std::shared_ptr<const JsonTree> tree;

  // Null when absent or JSON's null.
  [[nodiscard]] const JsonTree* find(std::string_view key) const {
    const JsonTree* value = tree->find(key);
    return value == nullptr || value->kind == JsonReader::Kind::kNull ? nullptr : value;
  }

  template <typename Convert>
  [[nodiscard]] auto get(std::string_view key, Convert convert) const {
    const JsonTree* value = find(key);
    return value == nullptr ? std::nullopt : std::optional(convert(*value, name, key));
  }
};

JsonConfig::JsonConfig(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

JsonConfig JsonConfig::load(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, path.string());
}

JsonConfig JsonConfig::parse(std::string_view text, const std::string& name) {
  const std::string where = concat("[config] ", name);
  SFV_CHECK(text.size() <= kMaxTextBytes, kInvalidFile, where, ": expected at most ", kMaxTextBytes,
            " bytes of JSON, found ", text.size());
  const size_t invalid = find_invalid_utf8(text);
  SFV_CHECK(invalid == text.size(), kInvalidFile, where, ": is not UTF-8 at byte ", invalid);
  auto tree = std::make_shared<const JsonTree>(parse_json(text, {.where = where, .reason = "config.json"}));
  SFV_CHECK(tree->kind == JsonReader::Kind::kObject, kInvalidFile, where, ": expected an object, found ",
            describe(*tree));
  return JsonConfig(std::make_shared<const Node>(Node{name, std::move(tree)}));
}

const std::string& JsonConfig::name() const {
  return node_->name;
}

bool JsonConfig::has(std::string_view key) const {
  return node_->find(key) != nullptr;
}

std::vector<std::string> JsonConfig::keys() const {
  return node_->tree->keys;
}

void JsonConfig::allow_only(const std::vector<std::string_view>& allowed) const {
  std::string unknown;
  for (const std::string& key : node_->tree->keys) {
    if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) continue;
    unknown += (unknown.empty() ? "" : ", ") + printable(key);
    if (unknown.size() > 1000) break;
  }
  if (unknown.empty()) return;
  std::string known;
  for (const std::string_view key : allowed) known += (known.empty() ? "" : ", ") + std::string(key);
  throw Error(ErrorCode::kInvalidArgument,
              concat("[config] ", name(), ": unknown ", unknown, "; allowed are ", known));
}

std::optional<int64_t> JsonConfig::get_int(std::string_view key) const {
  return node_->get(key, to_int);
}
std::optional<double> JsonConfig::get_double(std::string_view key) const {
  return node_->get(key, to_double);
}
std::optional<bool> JsonConfig::get_bool(std::string_view key) const {
  return node_->get(key, to_bool);
}
std::optional<std::string> JsonConfig::get_string(std::string_view key) const {
  return node_->get(key, to_string_value);
}

std::optional<std::vector<int64_t>> JsonConfig::get_ints(std::string_view key) const {
  return node_->get(key, [](auto&... args) { return to_list<int64_t>(args..., to_int); });
}
std::optional<std::vector<double>> JsonConfig::get_doubles(std::string_view key) const {
  return node_->get(key, [](auto&... args) { return to_list<double>(args..., to_double); });
}
std::optional<std::vector<std::string>> JsonConfig::get_strings(std::string_view key) const {
  return node_->get(key, [](auto&... args) { return to_list<std::string>(args..., to_string_value); });
}

bool JsonConfig::is_list(std::string_view key) const {
  const JsonTree* value = node_->find(key);
  return value != nullptr && value->kind == JsonReader::Kind::kList;
}

std::optional<JsonConfig> JsonConfig::get_object(std::string_view key) const {
  const JsonTree* value = node_->find(key);
  if (value == nullptr) return std::nullopt;
  if (value->kind != JsonReader::Kind::kObject) fail_type(name(), key, "an object", *value);
  // Shares the whole tree's life.
  std::shared_ptr<const JsonTree> part(node_->tree, value);
  return JsonConfig(
      std::make_shared<const Node>(Node{concat(name(), ": ", printable(key)), std::move(part)}));
}

JsonConfig JsonConfig::with_double(std::string_view key, double value) const {
  std::array<char, 32> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  JsonTree number;
  number.kind = JsonReader::Kind::kNumber;
  number.text.assign(digits.data(), written.ptr);
  JsonTree tree = *node_->tree;
  tree.set(key, std::move(number));
  return JsonConfig(
      std::make_shared<const Node>(Node{name(), std::make_shared<const JsonTree>(std::move(tree))}));
}

std::string JsonConfig::text() const {
  return to_text(*node_->tree);
}

}  // namespace sfv::io
