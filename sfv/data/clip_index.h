#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sfv::data {

/// What a training clip is: how many frames, at what rate.
struct ClipTiming {
  int64_t frames = 14;  // >= 1
  double fps = 7;       // frames per second of the clip, > 0; SF-V trains at 7
};

/// Errors: kInvalidArgument for fewer than 1 or more than 1,000,000 frames, or a rate that is not above 0.
void check_timing(const ClipTiming& timing);

/// Time stamps are rounded by some formats to as much as 1/100 s (GIF). A frame that starts no later than
/// this after the wanted time counts as started, or a video at the clip's own rate would repeat one frame
/// and leave out the next. Seconds.
inline constexpr double kStampTolerance = 0.006;

/// Which frames of a video make a clip: frame k of the clip is the one that is on the screen at
///   t_k = start + k / fps            k = 0 … frames - 1
/// that is, i(k) = max { i : starts[i] <= t_k + kStampTolerance }. Frames are repeated where the video is
/// slower than the clip and left out where it is faster; rates that change within the video make no
/// difference, and nothing is ever interpolated.
/// starts: when each frame appears, seconds, ascending, at least one. start: seconds; before the first frame
/// counts as that frame. Returns `frames` indices, ascending. Errors: kInvalidArgument for an impossible
/// timing or no starts.
[[nodiscard]] std::vector<int64_t> clip_frame_indices(std::span<const double> starts, double start,
                                                      const ClipTiming& timing);

/// Seconds between a clip's first and last frame: (frames - 1) / fps.
[[nodiscard]] double clip_span(const ClipTiming& timing);

/// The frames of a video at which a clip may start, so that its last frame's time is still in the video:
///   from <= i < from + count  with  starts[i] >= begin - kStampTolerance
///                             and   starts[i] + (frames - 1) / fps < end - kStampTolerance
/// begin, end: the part of the video to use, seconds; end of a whole video is when its last frame goes.
struct StartRange {
  int64_t from = 0;
  int64_t count = 0;  // 0: the video is too short
};
[[nodiscard]] StartRange clip_starts(std::span<const double> starts, double begin, double end,
                                     const ClipTiming& timing);

}  // namespace sfv::data
