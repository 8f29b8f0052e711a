#include "sfv/io/exif.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::io {
namespace {

constexpr uint32_t kOrientationTag = 0x0112;
constexpr size_t kEntryBytes = 12;

/// Unsigned integers of a TIFF structure in its byte order; what lies outside reads as 0.
struct TiffReader {
  std::span<const std::byte> bytes;
  bool big_endian;

  [[nodiscard]] uint32_t read(size_t offset, size_t size) const {
    if (offset > bytes.size() || size > bytes.size() - offset) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t at = big_endian ? offset + i : offset + size - 1 - i;
      value = value << 8 | std::to_integer<uint32_t>(bytes[at]);
    }
    return value;
  }
};

/// Bytes of TIFF's unsigned integer types; 0 for others. The tag ought to be a SHORT, but some programs write
/// others.
size_t size_of_type(uint32_t type) {
  constexpr size_t kSizes[] = {0, 1 /* BYTE */, 0 /* ASCII */, 2 /* SHORT */, 4 /* LONG */};
  return type < std::size(kSizes) ? kSizes[type] : 0;
}

/// Where the pixel of the upright picture lies in the stored one: x' = x or w-1-x, y' likewise, then swapped
/// for 5..8.
struct Turn {
  bool swaps, from_right, from_bottom;
};

Turn turn_of(int orientation) {
  switch (orientation) {
    case 2:
      return {false, true, false};
    case 3:
      return {false, true, true};
    case 4:
      return {false, false, true};
    case 5:
      return {true, false, false};
    case 6:
      return {true, false, true};
    case 7:
      return {true, true, true};
    case 8:
      return {true, true, false};
    default:
      return {false, false, false};
  }
}

}  // namespace

int exif_orientation(std::span<const std::byte> exif) {
  constexpr char kPrefix[] = {'E', 'x', 'i', 'f', 0, 0};
  if (exif.size() >= sizeof kPrefix && std::memcmp(exif.data(), kPrefix, sizeof kPrefix) == 0) {
    exif = exif.subspan(sizeof kPrefix);
  }
  if (exif.size() < 8) return 1;
  TiffReader tiff{.bytes = exif, .big_endian = std::to_integer<char>(exif[0]) == 'M'};
  if (exif[0] != exif[1] || (std::to_integer<char>(exif[0]) != 'I' && !tiff.big_endian)) return 1;
  if (tiff.read(2, 2) != 42) return 1;

  const size_t directory = tiff.read(4, 4);
  const uint32_t entries = tiff.read(directory, 2);  // at most 65,535
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (tiff.read(entry, 2) != kOrientationTag) continue;
    const size_t size = size_of_type(tiff.read(entry + 2, 2));
    const uint32_t value = tiff.read(entry + 8, size);
    return tiff.read(entry + 4, 4) == 1 && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

RgbImage apply_orientation(RgbImage image, int orientation) {
  SFV_CHECK(orientation >= 1 && orientation <= 8, kInvalidArgument,
            "[apply_orientation] expected 1 to 8, found ", orientation);
  if (orientation == 1) return image;
  const Turn turn = turn_of(orientation);
  RgbImage out{.width = turn.swaps ? image.height : image.width,
               .height = turn.swaps ? image.width : image.height,
               .rgb = {}};
  out.rgb.resize(image.rgb.size());
  uint8_t* target = out.rgb.data();
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x, target += 3) {
      int64_t from_x = turn.swaps ? y : x;
      int64_t from_y = turn.swaps ? x : y;
      if (turn.from_right) from_x = image.width - 1 - from_x;
      if (turn.from_bottom) from_y = image.height - 1 - from_y;
      std::copy_n(&image.rgb[(from_y * image.width + from_x) * 3], 3, target);
    }
  }
  return out;
}

}  // namespace sfv::io
