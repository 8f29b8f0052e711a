#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/rounding.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/json_reader.h"
#include "sfv/io/safetensors.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

constexpr size_t kAlignment = 8;                 // of the data section
constexpr size_t kMaxHeaderBytes = 100'000'000;  // the official parser reads no more

// Place in the official library's list of dtypes, which it sorts by ("increasing alignment").
int rank(DType dtype) {
  constexpr DType kOrder[] = {DType::kBool, DType::kU8,  DType::kI8,  DType::kF8E5M2, DType::kF8E4M3,
                              DType::kI16,  DType::kU16, DType::kF16, DType::kBF16,   DType::kI32,
                              DType::kU32,  DType::kF32, DType::kF64, DType::kI64,    DType::kU64};
  return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), dtype) - std::begin(kOrder));
}

void check_text(std::string_view text, const std::string& where) {
  SFV_CHECK(find_invalid_utf8(text) == text.size(), kInvalidArgument, where, ": ", printable(text),
            " is not UTF-8");
}

uint64_t byte_size(const SafetensorsWriter::Entry& entry, const std::string& where) {
  uint64_t bytes = size_of(entry.dtype);
  for (const int64_t size : entry.shape) {
    SFV_CHECK(size >= 0, kInvalidArgument, where, ": tensor ", printable(entry.name),
              ": expected sizes from 0, found ", size);
    SFV_CHECK(!__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes) &&
                  bytes <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()),
              kInvalidArgument, where, ": tensor ", printable(entry.name), ": too large for a file");
  }
  return bytes;
}

// "[2,3]"
template <typename Range>
void append_list(std::string& out, const Range& numbers) {
  out += '[';
  for (const auto number : numbers) {
    if (out.back() != '[') out += ',';
    out += std::to_string(number);
  }
  out += ']';
}

// A key of the header's object, after the comma that separates it from the one before.
void append_key(std::string& out, std::string_view key) {
  if (out.back() != '{') out += ',';
  append_json_string(out, key);
  out += ':';
}

std::string make_header(const std::vector<SafetensorsWriter::Entry>& entries,
                        const std::vector<uint64_t>& sizes,
                        const std::map<std::string, std::string>& metadata) {
  std::string json = "{";
  if (!metadata.empty()) {
    json += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) {
      append_key(json, key);
      append_json_string(json, value);
    }
    json += '}';
  }
  uint64_t begin = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    append_key(json, entries[i].name);
    json += concat("{\"dtype\":\"", to_string(entries[i].dtype), "\",\"shape\":");
    append_list(json, entries[i].shape);
    json += ",\"data_offsets\":";
    append_list(json, std::vector<uint64_t>{begin, begin + sizes[i]});
    json += '}';
    begin += sizes[i];
  }
  json += '}';
  json.resize(round_up(json.size(), kAlignment), ' ');
  return json;
}

}  // namespace

struct SafetensorsWriter::State {
  AtomicFile file;
  std::string where;
  std::vector<Entry> entries;
  std::vector<uint64_t> sizes;  // bytes of each entry
  size_t next = 0;
};

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path, std::vector<Entry> entries,
                                     const std::map<std::string, std::string>& metadata) {
  std::string where = concat("[write_safetensors] ", path.string());
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tuple(-rank(a.dtype), std::string_view(a.name)) <
           std::tuple(-rank(b.dtype), std::string_view(b.name));
  });
  std::vector<std::string_view> names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  SFV_CHECK(twice == names.end(), kInvalidArgument, where, ": tensor ", printable(*twice), " is given twice");
  SFV_CHECK(!std::binary_search(names.begin(), names.end(), "__metadata__"), kInvalidArgument, where,
            ": no tensor can be called \"__metadata__\"");
  for (const std::string_view name : names) check_text(name, where);
  for (const auto& [key, value] : metadata) {
    check_text(key, where);
    check_text(value, where);
  }
  std::vector<uint64_t> sizes;
  uint64_t total = 0;
  for (const Entry& entry : entries) {
    sizes.push_back(byte_size(entry, where));
    total += sizes.back();  // cannot wrap: each is below 2^63 and the sum before it too
    SFV_CHECK(total <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()), kInvalidArgument, where,
              ": too large for a file");
  }
  const std::string header = make_header(entries, sizes, metadata);
  SFV_CHECK(header.size() <= kMaxHeaderBytes, kInvalidArgument, where, ": the header would have ",
            header.size(), " bytes, readers take at most ", kMaxHeaderBytes);

  const uint64_t length = header.size();
  state_ = std::make_unique<State>(
      State{AtomicFile(path), std::move(where), std::move(entries), std::move(sizes), 0});
  state_->file.write(std::as_bytes(std::span(&length, 1)));
  state_->file.write(header);
}

SafetensorsWriter::~SafetensorsWriter() = default;
SafetensorsWriter::SafetensorsWriter(SafetensorsWriter&&) noexcept = default;

const std::vector<SafetensorsWriter::Entry>& SafetensorsWriter::entries() const {
  return state_->entries;
}

void SafetensorsWriter::write(std::span<const std::byte> bytes) {
  State& s = *state_;
  SFV_CHECK(s.next < s.entries.size(), kInvalidArgument, s.where, ": all ", s.entries.size(),
            " tensors are written already");
  SFV_CHECK(bytes.size() == s.sizes[s.next], kInvalidArgument, s.where, ": tensor ",
            printable(s.entries[s.next].name), ": expected ", s.sizes[s.next], " bytes, got ", bytes.size());
  s.file.write(bytes);
  ++s.next;
}

void SafetensorsWriter::finish() {
  State& s = *state_;
  SFV_CHECK(s.next == s.entries.size(), kInvalidArgument, s.where, ": ", s.entries.size() - s.next,
            " tensors are missing, the first is ", printable(s.entries[s.next].name));
  s.file.commit();
}

}  // namespace sfv::io
