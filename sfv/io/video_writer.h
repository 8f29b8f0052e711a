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
/// any frame that is there already counts as an existing output. With overwrite a folder that holds only
/// frames is replaced in one step by one with the new frames, after all are complete (RENAME_EXCHANGE; two
/// renames, with no folder in between, where the file system lacks it): a killed process leaves the old set
/// or the new one, and perhaps a hidden folder ".NAME.tmp..." with the other. A pattern's frames, those of a
/// folder with other files, and those of the working directory, of a mount point or below a parent that may
/// not be written change one by one once all new ones are complete: first the old ones move to a hidden
/// folder ".frames.tmp..." in the same folder, frame 0 first, then the new ones get their names, frame 0
/// last. An error takes all of it back. A process killed in these milliseconds leaves an incomplete set
/// without frame 0, all old or all new, and the rest in the hidden folders. Frames beyond the new clip's end
/// never stay. Errors: kInvalidArgument (no frames, different sizes, a rate outside (0, 1000], crf out of
/// range), kAlreadyExists unless overwrite (also for the thumbnail and the .json), kUnsupported when the
/// encoder is missing, kNotFound, kNoSpace, kPermission, kIo, kCancelled; all name the path.
void write_video(const Clip& clip, const std::filesystem::path& path, const VideoWriteOptions& options,
                 const CancelToken* cancel = nullptr);

}  // namespace sfv::io
