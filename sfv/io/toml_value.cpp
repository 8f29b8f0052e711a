#include "sfv/io/toml_value.h"

// Values are taken over into TomlValue at once: the parser stays in this file. Some of its assertions do not
// hold for broken text ("[.a]") and have a proper check behind them; they must neither end the program nor,
// where NDEBUG turns them into assumptions, let the compiler drop that check.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 64
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/toml_config.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

constexpr size_t kMaxTextBytes = size_t{256} << 10;
constexpr int kMaxDepth = 16;

bool is_bare_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// A quoted key keeps its quotes, so that "a.b" never means the key b of table a.
std::string join(const std::string& prefix, std::string_view key) {
  return (prefix.empty() ? "" : prefix + ".") + (is_bare_key(key) ? std::string(key) : toml_string(key));
}

std::string place_of(const toml::node& node, const std::string& name) {
  return concat(name, ":", node.source().begin.line);
}

TomlValue to_value(const toml::node& node, const std::string& name) {
  TomlValue result{.value = false, .place = place_of(node, name)};
  if (const auto* boolean = node.as_boolean()) {
    result.value = boolean->get();
  } else if (const auto* integer = node.as_integer()) {
    result.value = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    result.value = number->get();
  } else if (const auto* string = node.as_string()) {
    result.value = string->get();
  } else if (const auto* list = node.as_array()) {
    std::vector<TomlValue> items;
    for (const toml::node& item : *list) items.push_back(to_value(item, name));
    result.value = std::move(items);
  } else {
    result.value = TomlValue::Other{node.is_table() ? "a table" : "a date or time"};
  }
  return result;
}

void flatten(const toml::table& table, const std::string& prefix, const std::string& name, FlatToml& out) {
  for (const auto& [key, node] : table) {
    const std::string dotted = join(prefix, key.str());
    if (const toml::table* inner = node.as_table()) {
      if (inner->empty()) out.empty_tables.emplace(dotted, place_of(node, name));
      flatten(*inner, dotted, name, out);
    } else {
      out.values.emplace(dotted, to_value(node, name));
    }
  }
}

/// The value part of an option as TOML; a string where it is none.
FlatToml parse_option_value(const std::string& value, const std::string& where) {
  const bool is_line = value.find_first_of("\n\r") == std::string::npos;
  const auto found = precheck_toml(value, kMaxDepth);
  std::string problem = !is_line ? "the value is more than one line" : found ? found->problem : "";
  if (is_line && !found) {
    try {
      FlatToml flat;
      flatten(toml::parse(concat("value = ", value)), "", where, flat);
      return flat;
    } catch (const toml::parse_error& error) {
      problem = std::string(error.description());
    }
  }
  const bool is_meant_as_toml =
      !value.empty() && std::string_view("\"'[{").find(value[0]) != std::string::npos;
  SFV_CHECK(is_line && !is_meant_as_toml, kInvalidArgument, "[config] ", where,
            ": the value is no TOML: ", problem);
  FlatToml flat;
  flat.values.emplace("value", TomlValue{.value = value, .place = where});
  return flat;
}

void mark_as_override(TomlValue& value, const std::string& where) {
  value.place = where;
  value.is_override = true;
  if (auto* items = std::get_if<std::vector<TomlValue>>(&value.value)) {
    for (TomlValue& item : *items) mark_as_override(item, where);
  }
}

bool is_inside(std::string_view key, std::string_view table) {
  return key.size() > table.size() && key.substr(0, table.size()) == table && key[table.size()] == '.';
}

}  // namespace

std::string TomlValue::describe() const {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* integer = std::get_if<int64_t>(&value)) return std::to_string(*integer);
  if (const auto* number = std::get_if<double>(&value))
    return std::isfinite(*number) ? number_text(*number) : concat(*number);
  if (const auto* string = std::get_if<std::string>(&value)) return "the string " + printable(*string);
  if (const auto* list = std::get_if<std::vector<TomlValue>>(&value))
    return concat("a list of ", list->size());
  return std::get<Other>(value).description;
}

FlatToml parse_toml(std::string_view text, const std::string& name) {
  const std::string where = concat("[config] ", name);
  SFV_CHECK(text.size() <= kMaxTextBytes, kInvalidFile, where, ": expected at most ", kMaxTextBytes,
            " bytes of TOML, found ", text.size());
  const size_t invalid = find_invalid_utf8(text);
  SFV_CHECK(invalid == text.size(), kInvalidFile, where, ": is not UTF-8 at byte ", invalid);
  if (const auto found = precheck_toml(text, kMaxDepth)) {
    throw Error(ErrorCode::kInvalidFile, concat(where, ":", found->line, ": ", found->problem),
                "config.toml");
  }
  try {
    FlatToml flat;
    flatten(toml::parse(text), "", name, flat);
    return flat;
  } catch (const toml::parse_error& error) {
    throw Error(ErrorCode::kInvalidFile,
                concat(where, ":", error.source().begin.line, ":", error.source().begin.column,
                       ": is not TOML: ", error.description()),
                "config.toml");
  }
}

void apply_override(FlatToml& toml, const std::string& option) {
  const std::string where =
      "--set " +
      (find_invalid_utf8(option) == option.size() && option.size() <= 200 ? option : printable(option));
  const size_t equals = option.find('=');
  SFV_CHECK(equals != std::string::npos && option.size() <= kMaxTextBytes &&
                find_invalid_utf8(option) == option.size(),
            kInvalidArgument, "[config] ", where, ": expected KEY=VALUE, for instance optimizer.lr=1e-5");
  const std::string key = option.substr(0, equals);
  for (size_t at = 0; at <= key.size();) {
    const size_t dot = std::min(key.find('.', at), key.size());
    SFV_CHECK(is_bare_key(std::string_view(key).substr(at, dot - at)), kInvalidArgument, "[config] ", where,
              ": expected a key of letters, digits, _ and -, its tables before it with dots, found ",
              printable(key));
    at = dot + 1;
  }
  FlatToml value = parse_option_value(option.substr(equals + 1), where);
  // A table given whole replaces the file's.
  std::erase_if(toml.values,
                [&](const auto& entry) { return entry.first == key || is_inside(entry.first, key); });
  std::erase_if(toml.empty_tables, [&](const auto& entry) { return is_inside(key, entry.first); });
  constexpr std::string_view kValue = "value";
  for (auto& [name, leaf] : value.values) {
    SFV_CHECK(name == kValue || is_inside(name, kValue), kInvalidArgument, "[config] ", where,
              ": expected one value");
    mark_as_override(leaf, where);
    toml.values.insert_or_assign(key + name.substr(kValue.size()), std::move(leaf));
  }
}

}  // namespace sfv::io
