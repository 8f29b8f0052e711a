#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// TensorBoard's event messages and the frame each stands in. Sources: tensorflow/core/util/event.proto and
// framework/summary.proto for the field numbers, "TFRecords format details" of the TFRecord guide for the
// frame.

namespace sfv::io {

/// brain.Event with its file_version: the first record of every event file.
[[nodiscard]] std::string encode_version_event(double wall_time);
/// A number. wall_time: seconds since 1970.
[[nodiscard]] std::string encode_scalar_event(double wall_time, int64_t step, std::string_view tag,
                                              double value);
/// A picture; png: the file's bytes.
[[nodiscard]] std::string encode_image_event(double wall_time, int64_t step, std::string_view tag,
                                             int64_t width, int64_t height, std::span<const std::byte> png);
/// Markdown text.
[[nodiscard]] std::string encode_text_event(double wall_time, int64_t step, std::string_view tag,
                                            std::string_view text);

/// Length, its checksum, the message, its checksum.
[[nodiscard]] std::string frame_record(std::string_view message);

/// A record read back.
struct EventRecord {
  size_t size = 0;  // bytes with its frame
  int64_t step = 0;
};
/// The record at the start of `bytes`, checksums verified; nothing where none is whole.
[[nodiscard]] std::optional<EventRecord> read_record(std::span<const std::byte> bytes);

}  // namespace sfv::io
