// One item of a clip list, whatever it is: its times, where clips may start, and the clips.
#include "sfv/data/video_item.h"

#include <algorithm>

#include "sfv/core/check.h"
#include "sfv/data/frame_folder.h"
#include "sfv/data/frame_names.h"

namespace sfv::data {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

io::VideoTimes scan_folder(const ClipItem& item, double default_fps) {
  const std::vector<fs::path> frames = list_frames(item.path);
  SFV_CHECK(!frames.empty(), kNotFound, "[frames] ", item.path.string(),
            ": expected pictures whose names end in numbers (.png .jpg .jpeg), found none");
  check_frame_numbers(item.path, frames);
  const double fps = item.fps.value_or(default_fps);
  io::VideoTimes times;
  for (size_t i = 0; i < frames.size(); ++i) times.starts.push_back(static_cast<double>(i) / fps);
  times.end = static_cast<double>(frames.size()) / fps;
  return times;
}

}  // namespace

io::VideoTimes scan_item(const ClipItem& item, double default_fps) {
  if (is_folder(item.path)) return scan_folder(item, default_fps);
  SFV_CHECK(!item.fps, kInvalidFile, "[data] ", item.path.string(),
            ": \"fps\" is for folders of frames; a video has its own times");
  return io::scan_video_times(item.path);
}

StartRange item_starts(const ClipItem& item, const io::VideoTimes& times, const ClipTiming& timing) {
  const double begin = item.start.value_or(0);
  const double end = std::min(item.end.value_or(times.end), times.end);
  const StartRange range = clip_starts(times.starts, begin, end, timing);
  SFV_CHECK(range.count > 0, kInvalidFile, "[data] ", item.path.string(),
            ": too short: ", std::max(end - begin, 0.0), " s, ", timing.frames, " frames at ", timing.fps,
            " per second need more than ", clip_span(timing), " s");
  return range;
}

Clip read_item_clip(const ClipItem& item, const io::VideoTimes& times, int64_t first,
                    const ClipTiming& timing) {
  SFV_CHECK(first >= 0 && first < static_cast<int64_t>(times.starts.size()), kInvalidArgument, "[data] ",
            item.path.string(), ": expected a frame from 0 to ", times.starts.size(), " - 1, got ", first);
  const std::vector<int64_t> indices =
      clip_frame_indices(times.starts, times.starts[static_cast<size_t>(first)], timing);
  Clip clip;
  if (is_folder(item.path)) {
    clip.frames = load_frames(list_frames(item.path), indices);
  } else {
    clip = io::read_video_frames(item.path, times, indices);
  }
  clip.fps = timing.fps;
  return clip;
}

}  // namespace sfv::data
