#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

/// Pictures larger than this are refused from their header, before anything is allocated (Pillow refuses at
/// 178,956,970).
inline constexpr int64_t kMaxPixels = 178'956'970;
/// The same for one side, in pixels (libpng's limit).
inline constexpr int64_t kMaxSide = 1'000'000;

struct ImageInfo {
  std::string format;  // "png", "jpeg", "webp", "gif", "video": by the content, whatever the name's ending
  int64_t width = 0;   // as stored, before EXIF rotation
  int64_t height = 0;
  int orientation = 1;  // EXIF, 1..8
};

/// What a file's header says, without decoding a pixel. Errors: as load_image.
[[nodiscard]] ImageInfo probe_image(const std::filesystem::path& path);

/// Reads JPEG (grey, YCbCr, CMYK, YCCK; progressive too), PNG (1 to 16 bit, grey, palette, alpha,
/// interlaced), WebP (the first frame of an animation), and the first frame of a GIF or a video, as 8-bit
/// RGB. Turned upright by EXIF orientation 1-8 (JPEG, PNG, WebP). Pixels equal Pillow's convert("RGB"), those
/// of JPEG and lossy WebP within 1 level. 16-bit samples lose their low byte. Colour profiles and gamma are
/// ignored. Transparency is flattened on white: round((c * a + 255 * (255 - a)) / 255), as Pillow's paste
/// with a mask. Errors: kNotFound, kPermission, kIo; kUnsupported for another format; kInvalidFile for an
/// empty, damaged or truncated file, a folder, and more than kMaxPixels or kMaxSide (found from the header,
/// before anything is allocated); all name the path.
[[nodiscard]] RgbImage load_image(const std::filesystem::path& path);
/// The same from memory (an upload, a fuzzer). name: how messages call it. GIFs and videos are not read this
/// way: kUnsupported.
[[nodiscard]] RgbImage decode_image(std::span<const std::byte> bytes, const std::string& name);

/// A PNG file's bytes; the same picture and text give the same bytes. text: keys (1 to 79 printable ASCII
/// characters) and values (UTF-8, no NUL), stored as tEXt chunks where the value is ASCII, else as iTXt.
/// Errors: kInvalidArgument for an empty or inconsistent picture, a key or a value that PNG cannot hold.
[[nodiscard]] std::vector<std::byte> encode_png(
    const RgbImage& image, const std::vector<std::pair<std::string, std::string>>& text = {});
/// Atomic. Errors: those of encode_png and AtomicFile.
void save_png(const RgbImage& image, const std::filesystem::path& path,
              const std::vector<std::pair<std::string, std::string>>& text = {});

}  // namespace sfv::io
