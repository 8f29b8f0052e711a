#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

struct VideoInfo {
  std::string format;  // "mp4", "mov", "webm", "mkv", "gif", "webp", "png" (frames), or FFmpeg's name of the
                       // container
  std::string codec;   // "h264"
  int64_t width = 0;   // pixels, as shown (after rotation)
  int64_t height = 0;
  double fps = 0;      // frames per second on average; 0 if the file does not say
  int64_t frames = 0;  // counted, 0 if unknown without decoding
  std::string
      metadata;  // the JSON that write_video stored (see VideoWriteOptions), at most 16 MiB; empty: none
};

/// path: a video, an animation, a pattern or folder of PNG frames, or one PNG file; told by its content, not
/// its ending. Errors: kNotFound, kPermission, kIo, kInvalidFile, kUnsupported; all name the path.
[[nodiscard]] VideoInfo probe_video(const std::filesystem::path& path);

/// Decodes up to max_frames frames (>= 1) as 8-bit RGB, as stored one after the other; fps is the average
/// rate (7 where the file has none). Rotation by quarter turns and flips is applied; non-square pixels are
/// not. Colours follow the file's matrix and range; without a tag, pictures of fewer than 720 lines are taken
/// for BT.601, others for BT.709. More than 8 bits are rounded to 8; transparency is laid over white.
/// Numbered frames are read up to the first gap. A damaged or truncated file gives the frames before the
/// damage and a warning to the log. Only the named file is ever opened: playlists and other files that point
/// elsewhere are refused. Errors: kNotFound, kPermission, kIo; kUnsupported for other formats, no video
/// stream, pictures that change size; kInvalidFile if no frame can be decoded, for pictures of more than
/// kMaxPixels (image.h) and for more than 2^30 pixels in all frames together; all name the path.
[[nodiscard]] Clip read_video(const std::filesystem::path& path, int64_t max_frames = 4096);

}  // namespace sfv::io
