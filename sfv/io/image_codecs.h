#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sfv/core/rgb_image.h"
#include "sfv/io/image.h"

// The readers behind load_image, one a format. Each gets a whole file in memory and its name for messages.
// Errors: kInvalidFile for damaged files and for pictures over the limits of image.h.

namespace sfv::io {

/// What a file is by its first bytes: "png", "jpeg", "webp", "gif", or "" for anything else.
[[nodiscard]] std::string sniff_image_format(std::span<const std::byte> bytes);

[[nodiscard]] ImageInfo probe_png(std::span<const std::byte> bytes, const std::string& name);
[[nodiscard]] ImageInfo probe_jpeg(std::span<const std::byte> bytes, const std::string& name);
[[nodiscard]] ImageInfo probe_webp(std::span<const std::byte> bytes, const std::string& name);
[[nodiscard]] ImageInfo probe_gif(std::span<const std::byte> bytes, const std::string& name);

/// The stored pixels, not yet turned upright. info: from the probe of the same bytes.
[[nodiscard]] RgbImage decode_png(std::span<const std::byte> bytes, const ImageInfo& info,
                                  const std::string& name);
[[nodiscard]] RgbImage decode_jpeg(std::span<const std::byte> bytes, const ImageInfo& info,
                                   const std::string& name);
[[nodiscard]] RgbImage decode_webp(std::span<const std::byte> bytes, const ImageInfo& info,
                                   const std::string& name);

/// Errors: kInvalidFile if a side is below 1 or over kMaxSide, or the area over kMaxPixels.
void check_image_size(int64_t width, int64_t height, const std::string& name);

/// The error for damaged content. problem: what the codec said.
[[noreturn]] void throw_damaged_image(const std::string& name, const char* format,
                                      const std::string& problem);

/// channel * alpha over white, rounded to the nearest integer.
[[nodiscard]] inline uint8_t over_white(unsigned channel, unsigned alpha) {
  return static_cast<uint8_t>((channel * alpha + 255 * (255 - alpha) + 127) / 255);
}

}  // namespace sfv::io
