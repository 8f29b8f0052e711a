// scan_video_times and read_video_frames: which reader a path belongs to.
#include "sfv/io/video_times.h"

#include <algorithm>

#include "sfv/core/check.h"
#include "sfv/io/video_sources.h"

namespace sfv::io {
namespace {

VideoSourceKind timed_kind(const std::filesystem::path& path) {
  const VideoSourceKind kind = video_source_kind(path);
  SFV_CHECK(kind != VideoSourceKind::kFrames, kUnsupported, "[read_video] ", path.string(),
            ": expected a video or an animation, found pictures, which have no times");
  return kind;
}

}  // namespace

VideoTimes scan_video_times(const std::filesystem::path& path) {
  return timed_kind(path) == VideoSourceKind::kWebp ? scan_webp_times(path) : scan_container_times(path);
}

Clip read_video_frames(const std::filesystem::path& path, const VideoTimes& times,
                       std::span<const int64_t> numbers) {
  const auto count = static_cast<int64_t>(times.starts.size());
  SFV_CHECK(!numbers.empty() && std::is_sorted(numbers.begin(), numbers.end()) && numbers.front() >= 0 &&
                numbers.back() < count,
            kInvalidArgument, "[read_video] ", path.string(),
            ": expected ascending frame numbers, at least one, from 0 to ", count - 1);
  if (timed_kind(path) == VideoSourceKind::kWebp) return read_webp_frames(path, numbers);
  return read_container_frames(path, times, numbers);
}

}  // namespace sfv::io
