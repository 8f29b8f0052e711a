#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

/// When each frame of a video is shown. Frames are numbered from 0 in the order they are shown.
struct VideoTimes {
  std::vector<double> starts;  // seconds after the first frame; ascending, starts[0] = 0, at least one
  double end = 0;              // seconds: when the last frame goes
  bool is_cut = false;         // the file says it holds more than what is there
  // Time stamps in the file's own units, by which a frame is known. Empty where the file has none that can be
  // trusted: frames are then counted from the beginning.
  std::vector<int64_t> stamps;
};

/// Reads the times of all frames from a video's or an animation's packets without decoding them; only where
/// those have none it decodes. A folder of pictures has no times. Frames of a file without any times follow
/// each other at its average rate (7 a second if it has none). Errors: as read_video; kInvalidFile for no
/// frames or more than 4,000,000.
[[nodiscard]] VideoTimes scan_video_times(const std::filesystem::path& path);

/// Exactly the frames with these numbers, as 8-bit RGB (see read_video); fps is left at its default. Holds no
/// other frame longer than it takes to decode the next: starts at the last key frame before the first wanted
/// frame where the file allows it. times: of this very file. numbers: ascending, may repeat, at least one.
/// Errors: as read_video; kInvalidArgument for a number out of range; kInvalidFile, naming the frame, if one
/// of them is damaged or missing, and for more than 2^30 pixels in all of them together.
[[nodiscard]] Clip read_video_frames(const std::filesystem::path& path, const VideoTimes& times,
                                     std::span<const int64_t> numbers);

}  // namespace sfv::io
