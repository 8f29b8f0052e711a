// The checks of a safetensors file. Source: https://github.com/huggingface/safetensors, the format text in
// its README and the verdicts of its parser (package 0.8); tests/io/official_safetensors.py compares with it.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/json_reader.h"
#include "sfv/io/safetensors.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the official parser's limit
constexpr int kMaxDepth = 127;                     // serde_json's recursion limit

// Element types of the format that no part of this project computes with.
constexpr std::array<std::string_view, 7> kOtherDTypes = {"F4",          "F6_E2M3",     "F6_E3M2", "F8_E8M0",
                                                          "F8_E4M3FNUZ", "F8_E5M2FNUZ", "C64"};

using Kind = JsonReader::Kind;
using Named = std::pair<const std::string, TensorInfo>;

class HeaderParser {
 public:
  HeaderParser(std::string_view json, const std::string& name, SafetensorsHeader& out)
      : name_(name), reader_(json, {where(), "safetensors.header_json", kMaxDepth}), out_(out) {}

  void parse() {
    reader_.begin_object();
    bool has_metadata = false;
    for (std::string key; reader_.next_key(key);) {
      if (key == "__metadata__") {
        if (std::exchange(has_metadata, true))
          fail("duplicate_key", ": \"__metadata__\" appears twice in the header");
        parse_metadata();
        continue;
      }
      const auto [entry, is_new] = out_.tensors.try_emplace(std::move(key));
      if (!is_new)
        fail("duplicate_key", ": tensor ", printable(entry->first), " appears twice in the header");
      parse_tensor(*entry);
    }
    reader_.finish();
  }

 private:
  [[nodiscard]] std::string where() const { return concat("[safetensors] ", name_); }

  template <typename... Parts>
  [[noreturn]] void fail(std::string_view rule, const Parts&... parts) const {
    throw Error(ErrorCode::kInvalidFile, concat(where(), parts...), concat("safetensors.", rule));
  }

  template <typename... Parts>
  [[noreturn]] void fail_in(const Named& tensor, std::string_view rule, const Parts&... parts) const {
    fail(rule, ": tensor ", printable(tensor.first), ": ", parts...);
  }

  void parse_metadata() {
    if (reader_.peek() == Kind::kNull) return reader_.read_null();
    if (reader_.peek() != Kind::kObject)
      fail("header_json", ": \"__metadata__\" must be an object of strings");
    reader_.begin_object();
    for (std::string key; reader_.next_key(key);) {
      if (reader_.peek() != Kind::kString)
        fail("header_json", ": \"__metadata__\": ", printable(key), " must be a string");
      const auto [entry, is_new] = out_.metadata.try_emplace(std::move(key));
      if (!is_new)
        fail("duplicate_key", ": \"__metadata__\" has the key ", printable(entry->first), " twice");
      entry->second = reader_.read_string();
    }
  }

  // An object with dtype, shape and data_offsets; the official parser takes a list of the three as well.
  void parse_tensor(Named& tensor) {
    if (reader_.peek() == Kind::kList) return parse_tensor_list(tensor);
    if (reader_.peek() != Kind::kObject)
      fail_in(tensor, "header_json", "expected an object with dtype, shape and data_offsets");
    bool has_dtype = false;
    bool has_shape = false;
    bool has_offsets = false;
    const auto once = [&](bool& has, const std::string& key) {
      if (std::exchange(has, true)) fail_in(tensor, "duplicate_key", "has ", printable(key), " twice");
    };
    reader_.begin_object();
    for (std::string key; reader_.next_key(key);) {
      if (key == "dtype") {
        once(has_dtype, key);
        parse_dtype_of(tensor);
      } else if (key == "shape") {
        once(has_shape, key);
        parse_shape(tensor);
      } else if (key == "data_offsets") {
        once(has_offsets, key);
        parse_offsets(tensor);
      } else {
        reader_.skip_value();  // keys of later versions of the format, ignored as the official parser does
      }
    }
    if (!has_dtype) fail_in(tensor, "invalid_dtype", "has no \"dtype\"");
    if (!has_shape) fail_in(tensor, "invalid_shape", "has no \"shape\"");
    if (!has_offsets) fail_in(tensor, "invalid_offset", "has no \"data_offsets\"");
  }

  void parse_tensor_list(Named& tensor) {
    constexpr std::string_view kExpected = "expected a list of dtype, shape and data_offsets";
    const auto expect_item = [&](bool expected) {
      if (reader_.next_item() != expected) fail_in(tensor, "header_json", kExpected);
    };
    reader_.begin_list();
    expect_item(true);
    parse_dtype_of(tensor);
    expect_item(true);
    parse_shape(tensor);
    expect_item(true);
    parse_offsets(tensor);
    expect_item(false);
  }

  // "F32", or {"F32": null}, which is the same to the official parser.
  void parse_dtype_of(Named& tensor) {
    std::string text;
    if (reader_.peek() == Kind::kObject) {
      reader_.begin_object();
      bool is_valid = reader_.next_key(text) && reader_.peek() == Kind::kNull;
      if (is_valid) {
        reader_.read_null();
        std::string second;
        is_valid = !reader_.next_key(second);
      }
      if (!is_valid) fail_in(tensor, "invalid_dtype", "dtype must be a string");
    } else {
      if (reader_.peek() != Kind::kString) fail_in(tensor, "invalid_dtype", "dtype must be a string");
      text = reader_.read_string();
    }
    const std::optional<DType> dtype = parse_dtype(text);
    if (!dtype) {
      const bool is_known = std::find(kOtherDTypes.begin(), kOtherDTypes.end(), text) != kOtherDTypes.end();
      fail_in(tensor, "invalid_dtype", "dtype ", printable(text),
              is_known ? " is not supported by sfv; convert the file to F32, F16 or BF16"
                       : " is not one of the format's");
    }
    tensor.second.dtype = *dtype;
  }

  [[nodiscard]] uint64_t read_size(const Named& tensor, std::string_view rule, std::string_view what) {
    if (reader_.peek() != Kind::kNumber) fail_in(tensor, rule, what, " must hold whole numbers from 0");
    const std::string_view text = reader_.read_number();
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
      fail_in(tensor, rule, what, " must hold whole numbers from 0 to 2^64 - 1, found ", text.substr(0, 40));
    }
    return value;
  }

  void parse_shape(Named& tensor) {
    if (reader_.peek() != Kind::kList)
      fail_in(tensor, "invalid_shape", "shape must be a list of whole numbers");
    reader_.begin_list();
    std::vector<int64_t>& shape = tensor.second.shape;
    shape.reserve(reader_.count_numbers());
    while (reader_.next_item()) {
      const uint64_t size = read_size(tensor, "invalid_shape", "shape");
      if (size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        fail_in(tensor, "overflow", "a dimension of ", size,
                " elements is more than any machine can address");
      }
      shape.push_back(static_cast<int64_t>(size));
    }
  }

  void parse_offsets(Named& tensor) {
    constexpr std::string_view kExpected = "data_offsets must be a list of two whole numbers";
    if (reader_.peek() != Kind::kList) fail_in(tensor, "invalid_offset", kExpected);
    reader_.begin_list();
    for (uint64_t* offset : {&tensor.second.begin, &tensor.second.end}) {
      if (!reader_.next_item()) fail_in(tensor, "invalid_offset", kExpected);
      *offset = read_size(tensor, "invalid_offset", "data_offsets");
    }
    if (reader_.next_item()) fail_in(tensor, "invalid_offset", kExpected);
  }

  const std::string& name_;
  JsonReader reader_;
  SafetensorsHeader& out_;
};

// Sizes in bytes; nothing if 64 bits cannot hold a number on the way.
std::optional<uint64_t> byte_size(const TensorInfo& info) {
  uint64_t product = 1;
  for (const int64_t size : info.shape) {
    if (__builtin_mul_overflow(product, static_cast<uint64_t>(size), &product)) return std::nullopt;
  }
  // In bits, as the official parser counts.
  uint64_t bits = 0;
  if (__builtin_mul_overflow(product, static_cast<uint64_t>(size_of(info.dtype)) * 8, &bits))
    return std::nullopt;
  return bits / 8;
}

// The tensors must fill the data section exactly, one after the other.
void check_layout(const SafetensorsHeader& header, uint64_t data_bytes, const std::string& name) {
  std::vector<const Named*> by_offset;
  by_offset.reserve(header.tensors.size());
  for (const Named& tensor : header.tensors) by_offset.push_back(&tensor);
  std::sort(by_offset.begin(), by_offset.end(), [](const Named* a, const Named* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  const auto fail = [&](std::string_view rule, const std::string& what) {
    throw Error(ErrorCode::kInvalidFile, concat("[safetensors] ", name, ": ", what),
                concat("safetensors.", rule));
  };
  uint64_t next = 0;
  for (const Named* tensor : by_offset) {
    const TensorInfo& info = tensor->second;
    const std::string which = concat("tensor ", printable(tensor->first), ": ");
    if (info.begin != next || info.end < info.begin) {
      fail("invalid_offset",
           concat(which, "expected data_offsets to start at ", next, " and not to fall, found [", info.begin,
                  ", ", info.end, "]; tensors may neither overlap nor leave holes"));
    }
    next = info.end;
    const std::optional<uint64_t> bytes = byte_size(info);
    if (!bytes) fail("overflow", which + "its shape holds more bytes than 64 bits can count");
    if (*bytes != info.end - info.begin) {
      fail("tensor_size",
           concat(which, "expected ", *bytes, " bytes from its shape and dtype, data_offsets span ",
                  info.end - info.begin));
    }
  }
  if (next != data_bytes) {
    fail("incomplete_buffer", concat("the header describes ", next, " bytes of data, the file has ",
                                     data_bytes, next > data_bytes ? "; incomplete download?" : ""));
  }
}

}  // namespace

SafetensorsHeader parse_safetensors(std::span<const std::byte> file, const std::string& name) {
  const auto fail = [&](std::string_view rule, const std::string& what) {
    throw Error(ErrorCode::kInvalidFile, concat("[safetensors] ", name, ": ", what),
                concat("safetensors.", rule));
  };
  if (file.size() < kLengthBytes) {
    fail("header_too_small",
         concat("expected at least ", kLengthBytes, " bytes, the file has ", file.size()));
  }
  uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  if (length > kMaxHeaderBytes) {
    fail("header_too_large", concat("expected a header of at most ", kMaxHeaderBytes, " bytes, it says ",
                                    length, "; not a safetensors file?"));
  }
  if (length > file.size() - kLengthBytes) {
    fail("header_length",
         concat("the header says ", length, " bytes, the file has ", file.size(), "; incomplete download?"));
  }
  const std::string_view json(reinterpret_cast<const char*>(file.data()) + kLengthBytes, length);
  const size_t invalid = find_invalid_utf8(json);
  if (invalid < json.size())
    fail("header_utf8", concat("the header is not UTF-8 at byte ", kLengthBytes + invalid));

  SafetensorsHeader header;
  header.data_begin = kLengthBytes + length;
  HeaderParser(json, name, header).parse();
  check_layout(header, file.size() - header.data_begin, name);
  return header;
}

}  // namespace sfv::io
