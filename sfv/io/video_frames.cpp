// A clip as numbered PNG files.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/image.h"
#include "sfv/io/temporary_folder.h"
#include "sfv/io/video_formats.h"
#include "sfv/io/video_frame_names.h"
#include "sfv/io/video_metadata.h"

namespace sfv::io {
namespace {

/// Moves finished frames into a folder that exists. What an error interrupts is taken back, as far as it was
/// new.
class FrameMove {
 public:
  ~FrameMove() {
    std::error_code ignored;
    for (const std::filesystem::path& path : placed_) std::filesystem::remove(path, ignored);
  }
  void place(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) throw system_error(errno, "[write_video] " + to.string());
    placed_.push_back(to);
  }
  void keep() { placed_.clear(); }

 private:
  std::vector<std::filesystem::path> placed_;
};

}  // namespace

void write_frames(const VideoJob& job, const std::filesystem::path& path) {
  const FrameNames names(path);
  const bool is_new = !FrameNames::is_pattern(path) && !std::filesystem::exists(path);
  // Beside a new folder, but inside an existing one: that may be another file system than its parent.
  TemporaryFolder temporary(is_new ? path : names.folder() / "frames");
  std::vector<std::pair<std::string, std::string>> text;
  if (!job.options.metadata.empty()) text.emplace_back(kPngMetadataKey, job.options.metadata);
  int64_t number = 0;
  for (const RgbImage& image : job.clip.frames) {
    job.throw_if_cancelled();
    save_png(image, temporary.path() / names.name(number++), text);
  }
  job.throw_if_cancelled();
  if (is_new) {
    temporary.commit();
    return;
  }
  const std::map<int64_t, std::filesystem::path> before = names.existing();
  FrameMove move;
  for (int64_t i = 0; i < number; ++i) {
    move.place(temporary.path() / names.name(i), names.folder() / names.name(i));
  }
  // Frames of a longer clip that was there would play on after the end of this one.
  for (auto stale = before.lower_bound(number); stale != before.end(); ++stale)
    std::filesystem::remove(stale->second);
  move.keep();
}

}  // namespace sfv::io
