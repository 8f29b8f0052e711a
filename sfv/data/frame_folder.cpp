#include "sfv/data/frame_folder.h"

#include "sfv/core/check.h"
#include "sfv/io/image.h"
#include "sfv/io/video_sources.h"

namespace sfv::data {

std::vector<RgbImage> load_frames(std::span<const std::filesystem::path> frames,
                                  std::span<const int64_t> indices) {
  std::vector<RgbImage> images;
  images.reserve(indices.size());
  for (size_t i = 0; i < indices.size(); ++i) {
    SFV_CHECK(indices[i] >= 0 && indices[i] < static_cast<int64_t>(frames.size()), kInvalidArgument,
              "[frames] expected a frame from 0 to ", frames.size(), " - 1, got ", indices[i]);
    if (i > 0 && indices[i] == indices[i - 1]) {
      images.push_back(images.back());
      continue;
    }
    const std::filesystem::path& path = frames[static_cast<size_t>(indices[i])];
    const io::ImageInfo info = io::probe_image(path);
    io::check_clip_size(info.width, info.height, static_cast<int64_t>(indices.size()), path);
    images.push_back(io::load_image(path));
    const RgbImage& first = images.front();
    const RgbImage& image = images.back();
    SFV_CHECK(image.width == first.width && image.height == first.height, kInvalidFile, "[frames] ",
              path.string(), ": expected a picture of ", first.width, "x", first.height, " as frame ",
              frames[static_cast<size_t>(indices[0])].filename().string(), ", found ", image.width, "x",
              image.height);
  }
  return images;
}

}  // namespace sfv::data
