#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

struct VideoInfo {
  std::string format;  // container, "mp4"
  std::string codec;   // "h264"
  int64_t width = 0;
  int64_t height = 0;
  double fps = 0;
  int64_t frames = 0;    // counted, 0 if unknown without decoding
  std::string metadata;  // the JSON that write_video stored (also from PNG text and NAME.json); empty: none
};

/// Errors: kNotFound, kPermission, kIo, kInvalidFile, kUnsupported; all name the path.
[[nodiscard]] VideoInfo probe_video(const std::filesystem::path& path);
/// Decodes up to max_frames frames (all by default) as 8-bit RGB. Also reads what write_video writes, PNG
/// patterns and folders included.
[[nodiscard]] Clip read_video(const std::filesystem::path& path, int64_t max_frames = 4096);

}  // namespace sfv::io
