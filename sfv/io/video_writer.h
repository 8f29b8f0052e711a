#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sfv/core/cancel.h"
#include "sfv/core/rgb_image.h"

namespace sfv::io {

enum class VideoFormat { kMp4, kWebm, kGif, kWebp, kMkv, kPngFrames };

/// From the name's ending: .mp4 .webm .gif .webp .mkv, a pattern such as name_%03d.png, or no ending (a
/// folder of PNG frames). Errors: kUnsupported listing the endings.
[[nodiscard]] VideoFormat video_format(const std::filesystem::path& path);

struct VideoWriteOptions {
  // Quality of mp4 and webm, from 0 (no loss but that of YUV 4:2:0; such H.264 is in a profile that browsers
  // do not play) to 51 (mp4) or 63 (webm).
  int crf = 18;
  // JSON stored in the file, at most 16 MiB; empty: none. In the comment of mp4, webm and mkv, in the text
  // chunk "sfv" of each PNG frame; clip.gif and clip.webp get it as clip.gif.json and clip.webp.json beside
  // them.
  std::string metadata = {};
  std::filesystem::path thumbnail = {};  // also write the first frame there as PNG; empty: none
  bool overwrite = false;
};

/// Writes a clip: mp4 (H.264 High, yuv420p, BT.709 limited range, faststart, key frame first), webm (VP9),
/// gif (one palette for the clip, loops for ever, at most 50 frames per second), webp (animated, lossy,
/// quality 90), mkv (FFV1 in RGB, byte-equal frames), or PNG frames numbered from 0. Sides of mp4 and webm
/// that are odd lose no pixel: the last row or column is repeated. Same clip and options: same bytes. Atomic:
/// nothing appears under `path` before it is whole, and nothing is left after an error. A folder that does
/// not exist appears with all its frames at once. An existing folder, and a pattern's, keeps its other files;
/// any frame that is there already counts as an existing output. With overwrite such frames are replaced one
/// by one after all new ones are complete, and those beyond the new clip's end are removed. Errors:
/// kInvalidArgument (no frames, different sizes, a rate outside (0, 1000], crf out of range), kAlreadyExists
/// unless overwrite (also for the thumbnail and the .json), kUnsupported when the encoder is missing,
/// kNotFound, kNoSpace, kPermission, kIo, kCancelled; all name the path.
void write_video(const Clip& clip, const std::filesystem::path& path, const VideoWriteOptions& options,
                 const CancelToken* cancel = nullptr);

}  // namespace sfv::io
