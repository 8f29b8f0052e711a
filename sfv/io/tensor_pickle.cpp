#include "sfv/io/tensor_pickle.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

constexpr size_t kMaxStack = 10'000;  // Python's pickler puts at most 2,000 values (1,000 dict entries) on it
constexpr size_t kMaxRank = 64;       // of a tensor in PyTorch

enum class Kind : uint8_t {
  kMark,
  kNone,
  kBool,
  kInt,
  kString,
  kGlobal,   // number: index into kGlobals
  kTuple,    // number: index of a node
  kDict,     // number: index of a node; items: key, value, key, value…
  kStorage,  // number: index of a node; items: storage type, key, size
  kTensor,   // number: index of a node; items: storage, offset, shape, strides
};

// 16 bytes, since a pickle of one byte a value can fill the stack and the memo with them.
struct Value {
  Kind kind = Kind::kNone;
  uint32_t length = 0;  // of a string
  union {
    int64_t number = 0;
    const char* text;
  };
};
static_assert(sizeof(Value) == 16);

struct Global {
  std::string_view module;
  std::string_view name;
  std::optional<DType> dtype;  // of a storage type
};

enum GlobalIndex : int64_t { kOrderedDict, kRebuildTensor, kRebuildParameter, kFirstStorage };

constexpr std::array<Global, 13> kGlobals = {{{"collections", "OrderedDict", {}},
                                              {"torch._utils", "_rebuild_tensor_v2", {}},
                                              {"torch._utils", "_rebuild_parameter", {}},
                                              {"torch", "FloatStorage", DType::kF32},
                                              {"torch", "HalfStorage", DType::kF16},
                                              {"torch", "BFloat16Storage", DType::kBF16},
                                              {"torch", "DoubleStorage", DType::kF64},
                                              {"torch", "LongStorage", DType::kI64},
                                              {"torch", "IntStorage", DType::kI32},
                                              {"torch", "ShortStorage", DType::kI16},
                                              {"torch", "CharStorage", DType::kI8},
                                              {"torch", "ByteStorage", DType::kU8},
                                              {"torch", "BoolStorage", DType::kBool}}};

std::string_view name_of(Kind kind) {
  constexpr std::array<std::string_view, 10> kNames = {"a mark",    "None",     "a bool",  "a number",
                                                       "a string",  "a global", "a tuple", "a dict",
                                                       "a storage", "a tensor"};
  return kNames[static_cast<size_t>(kind)];
}

class PickleMachine {
 public:
  PickleMachine(std::string_view pickle, const std::string& where)
      : pickle_(pickle),
        where_(where),
        max_nodes_(1000 + pickle.size() / 8),
        max_dict_entries_(1000 + pickle.size() / 16) {}

  std::vector<PickledTensor> run() {
    if (take_byte() != 0x80 || take_byte() != 2) fail("opcode", "expected a pickle of protocol 2");
    while (step()) {
    }
    if (at_ != pickle_.size()) fail("structure", "bytes follow the end of the pickle");
    if (stack_.size() != 1) fail("stack", concat("expected one value at the end, found ", stack_.size()));
    return tensors_of(stack_.back());
  }

 private:
  [[noreturn]] void fail(std::string_view rule, const std::string& what) const {
    throw Error(ErrorCode::kInvalidFile, concat(where_, ": pickle, before byte ", at_, ": ", what),
                concat("pickle.", rule));
  }

  std::string_view take(size_t count) {
    if (count > pickle_.size() - at_)
      fail("truncated", concat("expected ", count, " more bytes, found ", pickle_.size() - at_));
    at_ += count;
    return pickle_.substr(at_ - count, count);
  }

  uint8_t take_byte() { return static_cast<uint8_t>(take(1)[0]); }

  template <typename T>
  T take_number() {
    T value = 0;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::string_view take_line() {
    const size_t end = pickle_.find('\n', at_);
    if (end == std::string_view::npos) fail("truncated", "a line without end");
    const std::string_view line = take(end - at_);
    ++at_;
    return line;
  }

  void push(Value value) {
    if (stack_.size() >= kMaxStack) fail("limit", concat("more than ", kMaxStack, " values on the stack"));
    stack_.push_back(value);
  }
  void push(Kind kind, int64_t number = 0) {
    Value value;
    value.kind = kind;
    value.number = number;
    push(value);
  }
  void push_string(std::string_view text) {
    if (find_invalid_utf8(text) != text.size())
      fail("string", concat("the string ", printable(text), " is not UTF-8"));
    Value value;
    value.kind = Kind::kString;
    value.length = static_cast<uint32_t>(text.size());
    value.text = text.data();
    push(value);
  }

  Value pop() {
    if (stack_.empty() || stack_.back().kind == Kind::kMark)
      fail("stack", "expected a value on the stack, found none");
    const Value value = stack_.back();
    stack_.pop_back();
    return value;
  }

  Value pop(Kind kind, std::string_view rule) {
    const Value value = pop();
    if (value.kind != kind) fail(rule, concat("expected ", name_of(kind), ", found ", name_of(value.kind)));
    return value;
  }

  // The values above the topmost mark, which goes too.
  std::vector<Value> pop_to_mark() {
    const auto is_mark = [](const Value& value) { return value.kind == Kind::kMark; };
    const auto mark = std::find_if(stack_.rbegin(), stack_.rend(), is_mark);
    if (mark == stack_.rend()) fail("stack", "expected a mark on the stack, found none");
    std::vector<Value> values(mark.base(), stack_.end());
    stack_.erase(mark.base() - 1, stack_.end());
    return values;
  }

  void push_node(Kind kind, std::vector<Value> items) {
    if (nodes_.size() >= max_nodes_) fail("limit", "more objects than so small a pickle of tensors has");
    nodes_.push_back(std::move(items));
    push(kind, static_cast<int64_t>(nodes_.size() - 1));
  }

  [[nodiscard]] std::vector<Value>& items_of(const Value& value) {
    return nodes_[static_cast<size_t>(value.number)];
  }

  static std::string_view text_of(const Value& value) { return {value.text, value.length}; }

  void push_tuple(size_t count) {
    std::vector<Value> items(count);
    for (size_t i = count; i-- > 0;) items[i] = pop();
    push_node(Kind::kTuple, std::move(items));
  }

  void put(size_t index) {
    const Value value = pop();
    push(value);
    if (index > memo_.size()) fail("memo", concat("memo ", index, " is written before ", memo_.size()));
    if (index == memo_.size()) {
      memo_.push_back(value);
    } else {
      memo_[index] = value;
    }
  }

  void get(size_t index) {
    if (index >= memo_.size()) fail("memo", concat("memo ", index, " is read before it is written"));
    push(memo_[index]);
  }

  void push_global() {
    const std::string_view module = take_line();
    const std::string_view name = take_line();
    const auto found = std::find_if(kGlobals.begin(), kGlobals.end(),
                                    [&](const Global& g) { return g.module == module && g.name == name; });
    if (found == kGlobals.end()) {
      fail("global", concat("refers to ", printable(concat(module, ".", name)),
                            ", which a dict of tensors does not need; nothing in it was run"));
    }
    push(Kind::kGlobal, found - kGlobals.begin());
  }

  // LONG1: a little-endian two's complement number of the length given before it.
  void push_long() {
    const std::string_view bytes = take(take_byte());
    if (bytes.size() > 8) fail("integer", "a number of more than 64 bits");
    uint64_t number = !bytes.empty() && (bytes.back() & 0x80) != 0 ? ~uint64_t{0} : 0;
    std::memcpy(&number, bytes.data(), bytes.size());
    push(Kind::kInt, static_cast<int64_t>(number));
  }

  void set_items(const Value& target, std::span<const Value> pairs) {
    if (target.kind != Kind::kDict)
      fail("structure", concat("expected a dict to fill, found ", name_of(target.kind)));
    if (pairs.size() % 2 != 0) fail("stack", "a key without a value");
    dict_entries_ += pairs.size() / 2;
    if (dict_entries_ > max_dict_entries_)
      fail("limit", "more dict entries than so small a pickle of tensors has");
    for (size_t i = 0; i < pairs.size(); i += 2) {
      if (pairs[i].kind != Kind::kString)
        fail("structure", concat("expected strings as keys, found ", name_of(pairs[i].kind)));
    }
    std::vector<Value>& items = items_of(target);
    items.insert(items.end(), pairs.begin(), pairs.end());
  }

  void set_item() {
    const Value value = pop();
    const std::array<Value, 2> pair = {pop(), value};
    set_items(top(), pair);
  }

  void set_marked_items() {
    const std::vector<Value> pairs = pop_to_mark();
    set_items(top(), pairs);
  }

  [[nodiscard]] const Value& top() const {
    if (stack_.empty()) fail("stack", "expected a value on the stack, found none");
    return stack_.back();
  }

  // ('storage', type, key, location, elements)
  void push_storage() {
    const Value id = pop(Kind::kTuple, "persistent_id");
    const std::vector<Value>& items = items_of(id);
    const auto is_kind = [&](size_t i, Kind kind) { return items[i].kind == kind; };
    if (items.size() != 5 || !is_kind(0, Kind::kString) || text_of(items[0]) != "storage" ||
        !is_kind(1, Kind::kGlobal) || items[1].number < kFirstStorage || !is_kind(2, Kind::kString) ||
        !is_kind(3, Kind::kString) || !is_kind(4, Kind::kInt) || items[4].number < 0) {
      fail("persistent_id", "expected ('storage', type, key, location, size)");
    }
    push_node(Kind::kStorage, {items[1], items[2], items[4]});
  }

  void reduce() {
    const Value arguments = pop(Kind::kTuple, "reduce");
    const Value callee = pop(Kind::kGlobal, "reduce");
    const std::vector<Value>& items = items_of(arguments);
    const auto is_kind = [&](size_t i, Kind kind) { return items[i].kind == kind; };
    if (callee.number == kOrderedDict && items.empty()) {
      push_node(Kind::kDict, {});
    } else if (callee.number == kRebuildTensor && items.size() == 6 && is_kind(0, Kind::kStorage) &&
               is_kind(1, Kind::kInt) && is_kind(2, Kind::kTuple) && is_kind(3, Kind::kTuple) &&
               is_kind(4, Kind::kBool) && is_kind(5, Kind::kDict)) {
      push_node(Kind::kTensor, {items[0], items[1], items[2], items[3]});
    } else if (callee.number == kRebuildParameter && items.size() == 3 && is_kind(0, Kind::kTensor) &&
               is_kind(1, Kind::kBool) && is_kind(2, Kind::kDict)) {
      push(items[0]);
    } else {
      fail("reduce", concat("calls ", kGlobals[static_cast<size_t>(callee.number)].name,
                            " with arguments that it does not take"));
    }
  }

  // A module's state dict carries an attribute, _metadata: a dict of version numbers, which loading needs
  // not.
  void build() {
    pop(Kind::kDict, "build");
    if (top().kind != Kind::kDict) fail("build", concat("sets attributes of ", name_of(top().kind)));
  }

  // One opcode; false at the end.
  bool step() {
    const uint8_t opcode = take_byte();
    switch (opcode) {
      case '(':
        push(Kind::kMark);
        break;
      case ')':
        push_tuple(0);
        break;
      case 't':
        push_node(Kind::kTuple, pop_to_mark());
        break;
      case 0x85:
      case 0x86:
      case 0x87:
        push_tuple(opcode - 0x84U);
        break;
      case '}':
        push_node(Kind::kDict, {});
        break;
      case 's':
        set_item();
        break;
      case 'u':
        set_marked_items();
        break;
      case 'N':
        push(Kind::kNone);
        break;
      case 0x88:
      case 0x89:
        push(Kind::kBool, opcode == 0x88 ? 1 : 0);
        break;
      case 'J':
        push(Kind::kInt, take_number<int32_t>());
        break;
      case 'K':
        push(Kind::kInt, take_byte());
        break;
      case 'M':
        push(Kind::kInt, take_number<uint16_t>());
        break;
      case 0x8a:
        push_long();
        break;
      case 'X':
        push_string(take(take_number<uint32_t>()));
        break;
      case 'q':
        put(take_byte());
        break;
      case 'r':
        put(take_number<uint32_t>());
        break;
      case 'h':
        get(take_byte());
        break;
      case 'j':
        get(take_number<uint32_t>());
        break;
      case 'c':
        push_global();
        break;
      case 'Q':
        push_storage();
        break;
      case 'R':
        reduce();
        break;
      case 'b':
        build();
        break;
      case '.':
        return false;
      default:
        fail("opcode", concat("opcode ", static_cast<int>(opcode), " is none that a dict of tensors needs"));
    }
    return true;
  }

  std::vector<int64_t> numbers_of(const Value& tuple, std::string_view name, std::string_view what) {
    const std::vector<Value>& items = items_of(tuple);
    if (items.size() > kMaxRank)
      fail("tensor", concat("tensor ", printable(name), " has ", items.size(), " dimensions"));
    std::vector<int64_t> numbers;
    numbers.reserve(items.size());
    for (const Value& item : items) {
      if (item.kind != Kind::kInt || item.number < 0) {
        fail("tensor", concat("tensor ", printable(name), ": its ", what, " must be whole numbers from 0"));
      }
      numbers.push_back(item.number);
    }
    return numbers;
  }

  PickledTensor tensor_of(std::string_view name, const Value& value) {
    if (value.kind != Kind::kTensor) {
      fail("structure", concat("expected tensors only, but ", printable(name), " is ", name_of(value.kind)));
    }
    const std::vector<Value>& items = items_of(value);
    const std::vector<Value>& storage = items_of(items[0]);
    PickledTensor tensor;
    tensor.name = name;
    tensor.dtype = *kGlobals[static_cast<size_t>(storage[0].number)].dtype;
    tensor.storage = text_of(storage[1]);
    tensor.storage_size = storage[2].number;
    tensor.offset = items[1].number;
    tensor.shape = numbers_of(items[2], name, "sizes");
    tensor.strides = numbers_of(items[3], name, "strides");
    if (tensor.offset < 0 || tensor.strides.size() != tensor.shape.size()) {
      fail("tensor",
           concat("tensor ", printable(name), ": expected an offset from 0 and a stride for each size"));
    }
    return tensor;
  }

  std::vector<PickledTensor> tensors_of(const Value& dict) {
    if (dict.kind != Kind::kDict)
      fail("structure", concat("expected a dict of tensors, found ", name_of(dict.kind)));
    const std::vector<Value>& items = items_of(dict);
    std::vector<std::string_view> names;
    names.reserve(items.size() / 2);
    for (size_t i = 0; i < items.size(); i += 2) names.push_back(text_of(items[i]));
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) fail("duplicate_key", concat("the key ", printable(*twice), " appears twice"));
    std::vector<PickledTensor> tensors;
    tensors.reserve(items.size() / 2);
    for (size_t i = 0; i < items.size(); i += 2)
      tensors.push_back(tensor_of(text_of(items[i]), items[i + 1]));
    return tensors;
  }

  std::string_view pickle_;
  const std::string& where_;
  size_t max_nodes_;
  size_t max_dict_entries_;
  size_t at_ = 0;
  size_t dict_entries_ = 0;
  std::vector<Value> stack_;
  std::deque<Value> memo_;                // a deque: grows without copying
  std::deque<std::vector<Value>> nodes_;  // items of tuples, dicts, storages and tensors
};

}  // namespace

std::vector<PickledTensor> read_tensor_pickle(std::string_view pickle, const std::string& where) {
  return PickleMachine(pickle, where).run();
}

}  // namespace sfv::io
