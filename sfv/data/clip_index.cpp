// The formula by which frames of a video make a clip: the frame on the screen at each of the clip's times.
#include "sfv/data/clip_index.h"

#include <algorithm>
#include <cmath>

#include "sfv/core/check.h"

namespace sfv::data {
namespace {

constexpr int64_t kMaxFrames = 1'000'000;

}  // namespace

void check_timing(const ClipTiming& timing) {
  SFV_CHECK(timing.frames >= 1 && timing.frames <= kMaxFrames, kInvalidArgument, "[clip] expected 1 to ",
            kMaxFrames, " frames, got ", timing.frames);
  SFV_CHECK(timing.fps > 0 && std::isfinite(timing.fps), kInvalidArgument,
            "[clip] expected more than 0 frames per second, got ", timing.fps);
}

double clip_span(const ClipTiming& timing) {
  return static_cast<double>(timing.frames - 1) / timing.fps;
}

std::vector<int64_t> clip_frame_indices(std::span<const double> starts, double start,
                                        const ClipTiming& timing) {
  check_timing(timing);
  SFV_CHECK(!starts.empty(), kInvalidArgument, "[clip] expected a video with frames, got none");
  std::vector<int64_t> indices;
  indices.reserve(static_cast<size_t>(timing.frames));
  auto from = starts.begin();
  for (int64_t k = 0; k < timing.frames; ++k) {
    const double t = start + static_cast<double>(k) / timing.fps + kStampTolerance;
    from = std::upper_bound(from, starts.end(), t);  // the first frame that is not there yet
    indices.push_back(std::max<int64_t>(from - starts.begin() - 1, 0));
  }
  return indices;
}

StartRange clip_starts(std::span<const double> starts, double begin, double end, const ClipTiming& timing) {
  check_timing(timing);
  const double latest = end - clip_span(timing) - kStampTolerance;  // a start must be before it
  const auto first = std::lower_bound(starts.begin(), starts.end(), begin - kStampTolerance);
  const auto last = std::lower_bound(first, starts.end(), latest);
  return {.from = first - starts.begin(), .count = last - first};
}

}  // namespace sfv::data
