// A clip as numbered PNG files.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sfv/io/image.h"
#include "sfv/io/temporary_folder.h"
#include "sfv/io/video_formats.h"
#include "sfv/io/video_frame_names.h"
#include "sfv/io/video_frame_swap.h"
#include "sfv/io/video_metadata.h"

namespace sfv::io {

void write_frames(const VideoJob& job, const std::filesystem::path& path,
                  const std::function<void()>& before_naming) {
  const FrameNames names(path);
  const bool is_new = !FrameNames::is_pattern(path) && !std::filesystem::exists(path);
  const bool swaps = !is_new && !FrameNames::is_pattern(path) && can_swap_folder(names);
  // Beside a folder that is new or gets replaced; else inside, which may be another file system than its
  // parent.
  TemporaryFolder temporary(swaps    ? std::filesystem::canonical(path)
                            : is_new ? path
                                     : names.folder() / "frames");
  std::vector<std::pair<std::string, std::string>> text;
  if (!job.options.metadata.empty()) text.emplace_back(kPngMetadataKey, job.options.metadata);
  int64_t number = 0;
  for (const RgbImage& image : job.clip.frames) {
    job.throw_if_cancelled();
    save_png(image, temporary.path() / names.name(number++), text);
  }
  job.throw_if_cancelled();
  before_naming();
  if (is_new) {
    temporary.commit();
  } else if (!swaps || !swap_folder(temporary, names)) {
    swap_frames(temporary.path(), names, number);
  }
}

}  // namespace sfv::io
