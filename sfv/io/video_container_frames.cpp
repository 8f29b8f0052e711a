// Some frames of a container, told by their time stamps or by counting, without keeping the others.
extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
}

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/video_color.h"
#include "sfv/io/video_file.h"
#include "sfv/io/video_rotation.h"
#include "sfv/io/video_sources.h"
#include "sfv/io/video_stream_facts.h"

namespace sfv::io {
namespace {

/// Containers with an index of key frames. In the others a jump lands by guess (or, in a GIF, on a picture
/// that only says what changed), so they are decoded from the beginning.
bool has_index(const VideoFile& file) {
  const std::string_view name = file.container().iformat->name;
  return name.starts_with("mov,") || name.starts_with("matroska,") || name == "avi";
}

/// Collects the wanted frames while all frames pass by.
class Wanted {
 public:
  Wanted(const VideoFile& file, std::span<const int64_t> numbers)
      : path_(file.path()), matrix_(display_matrix(file)), numbers_(numbers) {}

  [[nodiscard]] int64_t next() const { return numbers_[clip_.frames.size()]; }
  [[nodiscard]] bool is_complete() const { return clip_.frames.size() == numbers_.size(); }

  /// frame: the one with the number next().
  void take(const AVFrame& frame) {
    check_clip_size(frame.width, frame.height, static_cast<int64_t>(numbers_.size()), path_);
    RgbImage image = to_rgb_image(frame, path_.string());
    if (matrix_ != nullptr) image = apply_display_matrix(std::move(image), matrix_);
    if (!clip_.frames.empty()) {
      const RgbImage& first = clip_.frames.front();
      SFV_CHECK(image.width == first.width && image.height == first.height, kUnsupported, "[read_video] ",
                path_.string(), ": its pictures change size, from ", first.width, "x", first.height, " to ",
                image.width, "x", image.height, "; expected one size");
    }
    const int64_t number = next();
    while (!is_complete() && next() == number) clip_.frames.push_back(image);
  }
  [[nodiscard]] Clip clip() { return std::move(clip_); }

 private:
  const std::filesystem::path& path_;
  const int32_t* matrix_;
  std::span<const int64_t> numbers_;
  Clip clip_;
};

/// The number of the frame that carries this time stamp, or -1.
int64_t number_of(const VideoTimes& times, int64_t stamp) {
  const auto found = std::lower_bound(times.stamps.begin(), times.stamps.end(), stamp);
  if (found == times.stamps.end() || *found != stamp) return -1;
  return found - times.stamps.begin();
}

/// Decodes from where the file stands. Nothing if a wanted frame does not come, comes damaged, or, after a
/// jump, may have been decoded without the frames it refers to.
std::optional<Clip> walk(VideoFile& file, const VideoTimes& times, std::span<const int64_t> numbers,
                         bool has_jumped) {
  Wanted wanted(file, numbers);
  const FramePtr frame = make_frame();
  int64_t passed = 0;
  VideoFile::Step step;
  while ((step = file.next_frame(*frame)) != VideoFile::Step::kEnd) {
    if (step == VideoFile::Step::kDamaged) {
      if (frame->buf[0] != nullptr && passed > 0) return std::nullopt;  // others may refer to it
      if (has_jumped) return std::nullopt;
      // A stream cut out of a longer one begins with packets that cannot be decoded; after a bad packet later
      // on, what the decoder still holds is good.
      if (passed > 0) file.drain();
      continue;
    }
    const int64_t stamp = frame->pts != AV_NOPTS_VALUE ? frame->pts : frame->best_effort_timestamp;
    const int64_t number = times.stamps.empty() ? passed : number_of(times, stamp);
    // The first frame in display order being a key frame, none after it refers to anything before.
    if (has_jumped && passed == 0 && (frame->key_frame == 0 || number < 0 || number > wanted.next()))
      return std::nullopt;
    ++passed;
    if (number > wanted.next()) return std::nullopt;
    if (number == wanted.next()) wanted.take(*frame);
    if (wanted.is_complete()) return wanted.clip();
  }
  return std::nullopt;
}

}  // namespace

Clip read_container_frames(const std::filesystem::path& path, const VideoTimes& times,
                           std::span<const int64_t> numbers) {
  VideoFile file(path);
  if (has_index(file) && !times.stamps.empty() && numbers.front() > 0) {
    // An index may count decoding times, which are earlier, or name frames that others must precede: then
    // from further back.
    constexpr std::array<double, 3> kBackSeconds = {0, 2, 20};
    const AVRational unit = file.stream().time_base;
    for (const double back : kBackSeconds) {
      const auto units = static_cast<int64_t>(back * unit.den / std::max(unit.num, 1));
      const int64_t stamp = times.stamps[static_cast<size_t>(numbers.front())] - units;
      if (stamp <= times.stamps.front() || !file.seek(stamp)) break;
      if (std::optional<Clip> clip = walk(file, times, numbers, true)) return *std::move(clip);
    }
  }
  VideoFile whole(path);
  std::optional<Clip> clip = walk(whole, times, numbers, false);
  SFV_CHECK(clip, kInvalidFile, "[read_video] ", path.string(), ": expected frames ", numbers.front(), " to ",
            numbers.back(), " whole, found one that cannot be decoded; damaged or truncated?");
  return *std::move(clip);
}

}  // namespace sfv::io
