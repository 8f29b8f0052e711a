// Numbered PNG frames, or one PNG file, as a clip.
#include <map>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/image.h"
#include "sfv/io/video_frame_names.h"
#include "sfv/io/video_metadata.h"
#include "sfv/io/video_sources.h"

namespace sfv::io {
namespace {

/// The frames in order: from the lowest number to the first gap.
std::vector<std::filesystem::path> list_frames(const std::filesystem::path& path) {
  if (std::filesystem::is_regular_file(path)) return {path};
  std::vector<std::filesystem::path> frames;
  int64_t next = -1;
  for (const auto& [number, frame] : FrameNames(path).existing()) {
    if (!frames.empty() && number != next) break;
    frames.push_back(frame);
    next = number + 1;
  }
  SFV_CHECK(!frames.empty(), kNotFound, "[read_video] ", path.string(),
            ": no PNG frames there; expected files such as ", FrameNames(path).name(0));
  return frames;
}

}  // namespace

VideoInfo probe_frames(const std::filesystem::path& path) {
  const std::vector<std::filesystem::path> frames = list_frames(path);
  const ImageInfo first = probe_image(frames.front());
  return {.format = "png",
          .codec = "png",
          .width = first.width,
          .height = first.height,
          .fps = 0,
          .frames = static_cast<int64_t>(frames.size()),
          .metadata = read_png_metadata(frames.front())};
}

Clip read_frames(const std::filesystem::path& path, int64_t max_frames) {
  Clip clip;
  for (const std::filesystem::path& file : list_frames(path)) {
    if (static_cast<int64_t>(clip.frames.size()) == max_frames) break;
    const ImageInfo info = probe_image(file);
    check_clip_size(info.width, info.height, static_cast<int64_t>(clip.frames.size()) + 1, path);
    RgbImage image = load_image(file);
    if (!clip.frames.empty()) {
      const RgbImage& first = clip.frames.front();
      SFV_CHECK(image.width == first.width && image.height == first.height, kInvalidFile, "[read_video] ",
                file.string(), ": expected a frame of ", first.width, "x", first.height,
                " as the first, found ", image.width, "x", image.height);
    }
    clip.frames.push_back(std::move(image));
  }
  return clip;
}

}  // namespace sfv::io
