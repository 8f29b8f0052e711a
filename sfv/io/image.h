#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

/// Pictures larger than this are refused from their header, before anything is allocated (Pillow refuses at 178,956,970).
inline constexpr int64_t kMaxPixels = 178'956'970;
/// The same for one side, in pixels (libpng's limit).
inline constexpr int64_t kMaxSide = 1'000'000;

struct ImageInfo {
  std::string format;    // "png", "jpeg", "webp", "gif", "video"
  int64_t width = 0;     // as stored, before EXIF rotation
  int64_t height = 0;
  int orientation = 1;   // EXIF, 1..8
};

/// What a file's header says. Errors: as load_image.
[[nodiscard]] ImageInfo probe_image(const std::filesystem::path& path);

/// Reads JPEG (EXIF rotation 1-8 applied; CMYK and YCCK; grey), PNG (8 and 16 bit, palette, alpha, grey), WebP, and the first frame of a GIF
/// or a video, as 8-bit RGB. Pixels of PNG equal Pillow's. 16-bit samples become 8-bit by dropping the low byte.
/// Transparency is flattened on white. Errors: kNotFound, kPermission, kIo; kUnsupported for another format;
/// kInvalidFile for damaged or truncated files and for more than kMaxPixels; all name the path.
[[nodiscard]] RgbImage load_image(const std::filesystem::path& path);
/// The same from memory (an upload, a fuzzer). name: how messages call it. Videos are not read this way.
[[nodiscard]] RgbImage decode_image(std::span<const std::byte> bytes, const std::string& name);

/// A PNG file's bytes. text: key/value pairs for tEXt/iTXt chunks.
[[nodiscard]] std::vector<std::byte> encode_png(const RgbImage& image,
                                                const std::vector<std::pair<std::string, std::string>>& text = {});
/// Atomic. Errors: those of AtomicFile.
void save_png(const RgbImage& image, const std::filesystem::path& path,
              const std::vector<std::pair<std::string, std::string>>& text = {});

}  // namespace sfv::io
