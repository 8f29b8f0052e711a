#include "sfv/io/event_record.h"

#include <bit>
#include <cstring>

#include "sfv/io/crc32c.h"

namespace sfv::io {
namespace {

// Protocol buffer wire types.
constexpr uint32_t kVarint = 0;
constexpr uint32_t kFixed64 = 1;
constexpr uint32_t kBytes = 2;
constexpr uint32_t kFixed32 = 5;

void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

template <typename Bits>
void append_little(std::string& out, Bits bits) {
  for (size_t i = 0; i < sizeof(bits); ++i) out += static_cast<char>(bits >> (8 * i));
}

void append_key(std::string& out, uint32_t field, uint32_t type) {
  append_varint(out, field << 3 | type);
}
void append_int(std::string& out, uint32_t field, int64_t value) {
  append_key(out, field, kVarint);
  append_varint(out, static_cast<uint64_t>(value));
}
void append_double(std::string& out, uint32_t field, double value) {
  append_key(out, field, kFixed64);
  append_little(out, std::bit_cast<uint64_t>(value));
}
void append_float(std::string& out, uint32_t field, float value) {
  append_key(out, field, kFixed32);
  append_little(out, std::bit_cast<uint32_t>(value));
}
void append_bytes(std::string& out, uint32_t field, std::string_view value) {
  append_key(out, field, kBytes);
  append_varint(out, value.size());
  out += value;
}

/// Event {1: wall_time, 2: step, 5: summary {1: value {1: tag, …}}}.
std::string encode_event(double wall_time, int64_t step, std::string_view tag, std::string_view content) {
  std::string value;
  append_bytes(value, 1, tag);
  value += content;
  std::string summary;
  append_bytes(summary, 1, value);
  std::string event;
  append_double(event, 1, wall_time);
  append_int(event, 2, step);
  append_bytes(event, 5, summary);
  return event;
}

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// The checksum as TFRecord stores it: a CRC over data that holds CRCs would be weak.
uint32_t masked_crc(std::span<const std::byte> bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8;
}

template <typename Bits>
Bits read_little(std::span<const std::byte> bytes, size_t at) {
  Bits bits = 0;
  for (size_t i = 0; i < sizeof(bits); ++i) bits |= static_cast<Bits>(bytes[at + i]) << (8 * i);
  return bits;
}

/// Walks over a message's fields; false at the first that is broken.
class FieldReader {
 public:
  explicit FieldReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }
  [[nodiscard]] bool varint(uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == bytes_.size()) return false;
      const auto byte = static_cast<uint64_t>(bytes_[at_++]);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  [[nodiscard]] bool skip(uint64_t count) {
    if (count > bytes_.size() - at_) return false;
    at_ += count;
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
  size_t at_ = 0;
};

/// Event's field 2; proto3 leaves out a 0.
std::optional<int64_t> step_of(std::span<const std::byte> event) {
  FieldReader reader(event);
  int64_t step = 0;
  while (!reader.at_end()) {
    uint64_t key = 0;
    uint64_t value = 0;
    if (!reader.varint(key)) return std::nullopt;
    const uint64_t type = key & 7;
    bool ok = false;
    if (type == kVarint) ok = reader.varint(value);
    if (type == kFixed64) ok = reader.skip(8);
    if (type == kFixed32) ok = reader.skip(4);
    if (type == kBytes) ok = reader.varint(value) && reader.skip(value);
    if (!ok) return std::nullopt;
    if (key == (2U << 3 | kVarint)) step = static_cast<int64_t>(value);
  }
  return step;
}

}  // namespace

std::string encode_version_event(double wall_time) {
  std::string event;
  append_double(event, 1, wall_time);
  append_bytes(event, 3, "brain.Event:2");
  return event;
}

std::string encode_scalar_event(double wall_time, int64_t step, std::string_view tag, double value) {
  std::string content;
  append_float(content, 2, static_cast<float>(value));  // simple_value
  return encode_event(wall_time, step, tag, content);
}

std::string encode_image_event(double wall_time, int64_t step, std::string_view tag, int64_t width,
                               int64_t height, std::span<const std::byte> png) {
  constexpr int64_t kRgb = 3;
  std::string image;
  append_int(image, 1, height);
  append_int(image, 2, width);
  append_int(image, 3, kRgb);
  append_bytes(image, 4, {reinterpret_cast<const char*>(png.data()), png.size()});
  std::string content;
  append_bytes(content, 4, image);
  return encode_event(wall_time, step, tag, content);
}

std::string encode_text_event(double wall_time, int64_t step, std::string_view tag, std::string_view text) {
  constexpr int64_t kDtString = 7;
  constexpr int64_t kDataClassTensor = 2;
  std::string dimension;
  append_int(dimension, 1, 1);  // size 1
  std::string shape;
  append_bytes(shape, 2, dimension);
  std::string tensor;
  append_int(tensor, 1, kDtString);
  append_bytes(tensor, 2, shape);
  append_bytes(tensor, 8, text);  // string_val
  std::string plugin;
  append_bytes(plugin, 1, "text");
  std::string metadata;
  append_bytes(metadata, 1, plugin);
  append_int(metadata, 4, kDataClassTensor);
  std::string content;
  append_bytes(content, 8, tensor);
  append_bytes(content, 9, metadata);
  return encode_event(wall_time, step, tag, content);
}

std::string frame_record(std::string_view message) {
  std::string out;
  out.reserve(message.size() + 16);
  append_little(out, static_cast<uint64_t>(message.size()));
  append_little(out, masked_crc(as_bytes(out)));
  out += message;
  append_little(out, masked_crc(as_bytes(message)));
  return out;
}

std::optional<EventRecord> read_record(std::span<const std::byte> bytes) {
  constexpr size_t kHead = 12;
  constexpr size_t kFoot = 4;
  if (bytes.size() < kHead + kFoot) return std::nullopt;
  const auto length = read_little<uint64_t>(bytes, 0);
  if (read_little<uint32_t>(bytes, 8) != masked_crc(bytes.first(8))) return std::nullopt;
  if (length > bytes.size() - kHead - kFoot) return std::nullopt;
  const std::span<const std::byte> message = bytes.subspan(kHead, length);
  if (read_little<uint32_t>(bytes, kHead + length) != masked_crc(message)) return std::nullopt;
  const auto step = step_of(message);
  if (!step) return std::nullopt;
  return EventRecord{kHead + length + kFoot, *step};
}

}  // namespace sfv::io
