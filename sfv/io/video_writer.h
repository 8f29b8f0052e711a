#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sfv/core/cancel.h"
#include "sfv/core/rgb_image.h"

namespace sfv::io {

enum class VideoFormat { kMp4, kWebm, kGif, kWebp, kMkv, kPngFrames };

/// From the name's ending: .mp4 .webm .gif .webp .mkv, a pattern with %d or %03d, or no ending (a folder of
/// frames). Errors: kUnsupported listing the endings.
[[nodiscard]] VideoFormat video_format(const std::filesystem::path& path);

struct VideoWriteOptions {
  int crf = 18;          // quality of mp4 and webm: 0 (lossless) to 51 (mp4) or 63 (webm)
  std::string metadata;  // JSON stored in the file; empty: none. gif and webp get it as NAME.json beside them
  std::filesystem::path thumbnail;  // also write the first frame there as PNG; empty: none
  bool overwrite = false;
};

/// Writes a clip: mp4 (H.264, yuv420p, BT.709 limited range, faststart, key frame first), webm (VP9), gif
/// (one palette for the clip), webp (animated, lossless off, quality 90), mkv (FFV1 in RGB, byte-equal
/// frames), or PNG frames. Sides of mp4 and webm that are odd lose no pixel: the last row or column is
/// repeated. Same clip and options: same bytes. Atomic: nothing appears under `path` before it is whole.
/// Errors: kAlreadyExists unless overwrite; kUnsupported when the encoder is missing; kNoSpace, kPermission,
/// kIo; kCancelled.
void write_video(const Clip& clip, const std::filesystem::path& path, const VideoWriteOptions& options,
                 const CancelToken* cancel = nullptr);

}  // namespace sfv::io
