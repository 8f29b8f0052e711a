#include "sfv/io/json_tree.h"

#include <algorithm>
#include <numeric>

#include "sfv/core/check.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

using Kind = JsonReader::Kind;

// A value costs about 150 bytes here and one byte of text: this keeps 16 MiB of "[0,0,0…" from becoming
// gigabytes.
constexpr size_t kMaxValues = 1'000'000;

class TreeParser {
 public:
  TreeParser(std::string_view text, const JsonSource& source) : source_(source), reader_(text, source) {}

  JsonTree parse() {
    JsonTree tree = parse_value();
    reader_.finish();
    return tree;
  }

 private:
  JsonTree parse_value() {
    if (++values_ > kMaxValues) fail(concat("more than ", kMaxValues, " values"));
    JsonTree tree;
    tree.kind = reader_.peek();
    switch (tree.kind) {
      case Kind::kObject:
        parse_object(tree);
        break;
      case Kind::kList:
        reader_.begin_list();
        while (reader_.next_item()) tree.items.push_back(parse_value());
        break;
      case Kind::kString:
        tree.text = reader_.read_string();
        break;
      case Kind::kNumber:
        tree.text = reader_.read_number();
        break;
      case Kind::kBool:
        tree.text = reader_.read_bool() ? "true" : "false";
        break;
      case Kind::kNull:
        reader_.read_null();
        break;
    }
    return tree;
  }

  void parse_object(JsonTree& tree) {
    reader_.begin_object();
    for (std::string key; reader_.next_key(key);) {
      tree.keys.push_back(std::move(key));
      tree.items.push_back(parse_value());
      key.clear();
    }
    const std::vector<std::string>& keys = tree.keys;
    tree.by_key.resize(keys.size());
    std::iota(tree.by_key.begin(), tree.by_key.end(), 0U);
    std::sort(tree.by_key.begin(), tree.by_key.end(),
              [&](uint32_t a, uint32_t b) { return keys[a] < keys[b]; });
    const auto twice = std::adjacent_find(tree.by_key.begin(), tree.by_key.end(),
                                          [&](uint32_t a, uint32_t b) { return keys[a] == keys[b]; });
    if (twice != tree.by_key.end())
      fail(concat("the key ", printable(keys[*twice]), " appears twice in an object"));
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kInvalidFile, concat(source_.where, ": ", what), source_.reason);
  }

  const JsonSource& source_;
  JsonReader reader_;
  size_t values_ = 0;
};

void append_text(std::string& out, const JsonTree& tree, size_t indent) {
  const auto new_line = [&](size_t spaces) { out += '\n' + std::string(spaces, ' '); };
  const bool is_object = tree.kind == Kind::kObject;
  if (is_object || tree.kind == Kind::kList) {
    const size_t count = tree.items.size();
    out += is_object ? '{' : '[';
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out += ',';
      new_line(indent + 2);
      if (is_object) {
        append_json_string(out, tree.keys[i]);
        out += ": ";
      }
      append_text(out, tree.items[i], indent + 2);
    }
    if (count > 0) new_line(indent);
    out += is_object ? '}' : ']';
  } else if (tree.kind == Kind::kString) {
    append_json_string(out, tree.text);
  } else {
    out += tree.kind == Kind::kNull ? "null" : tree.text;
  }
}

}  // namespace

const JsonTree* JsonTree::find(std::string_view key) const {
  const auto found = std::lower_bound(by_key.begin(), by_key.end(), key,
                                      [&](uint32_t index, std::string_view k) { return keys[index] < k; });
  return found == by_key.end() || keys[*found] != key ? nullptr : &items[*found];
}

void JsonTree::set(std::string_view key, JsonTree item) {
  if (const JsonTree* found = find(key); found != nullptr) {
    items[static_cast<size_t>(found - items.data())] = std::move(item);
    return;
  }
  const auto place = std::lower_bound(by_key.begin(), by_key.end(), key,
                                      [&](uint32_t index, std::string_view k) { return keys[index] < k; });
  by_key.insert(place, static_cast<uint32_t>(keys.size()));
  keys.emplace_back(key);
  items.push_back(std::move(item));
}

JsonTree parse_json(std::string_view text, const JsonSource& source) {
  return TreeParser(text, source).parse();
}

std::string to_text(const JsonTree& tree) {
  std::string out;
  append_text(out, tree, 0);
  return out;
}

std::string describe(const JsonTree& tree) {
  switch (tree.kind) {
    case Kind::kObject:
      return "an object";
    case Kind::kList:
      return concat("a list of ", tree.items.size());
    case Kind::kString:
      return concat("the string ", printable(tree.text));
    case Kind::kNull:
      return "null";
    default:
      return tree.text.substr(0, 40);
  }
}

}  // namespace sfv::io
