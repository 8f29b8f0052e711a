// Everything that libavformat opens: facts about its video stream, and its frames as RGB.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/io/video_color.h"
#include "sfv/io/video_file.h"
#include "sfv/io/video_metadata.h"
#include "sfv/io/video_rate.h"
#include "sfv/io/video_rotation.h"
#include "sfv/io/video_sources.h"
#include "sfv/io/video_stream_facts.h"

namespace sfv::io {
namespace {

constexpr int64_t kMaxCountedPackets = 1'000'000;
constexpr int64_t kGifUnits = 100;

/// GIF times are rounded to 1/100 s, so the rate is worked out from all of them.
class GifTimes {
 public:
  explicit GifTimes(const VideoFile& file)
      : is_gif_(std::string_view(file.container().iformat->name) == "gif") {}
  void add(int64_t start, int64_t duration) {
    if (is_gif_ && start != AV_NOPTS_VALUE) ends_.push_back(start + duration);
  }
  [[nodiscard]] double rate_or(double other) const {
    const double rate = is_gif_ ? rate_from_times(ends_, kGifUnits) : 0;
    return rate > 0 ? rate : other;
  }

 private:
  bool is_gif_;
  std::vector<int64_t> ends_;
};

}  // namespace

VideoInfo probe_container(const std::filesystem::path& path) {
  VideoFile file(path);
  const AVCodecParameters& parameters = *file.stream().codecpar;
  VideoInfo info;
  info.format = container_name(file);
  info.codec = avcodec_get_name(parameters.codec_id);
  info.width = parameters.width;
  info.height = parameters.height;
  if (const int32_t* matrix = display_matrix(file)) {
    const RgbImage shown =
        apply_display_matrix({.width = 1, .height = 2, .rgb = std::vector<uint8_t>(6)}, matrix);
    if (shown.width == 2) std::swap(info.width, info.height);
  }
  info.metadata = info.format == "gif" ? read_sidecar(path) : file.comment();
  SFV_CHECK(info.metadata.size() <= kMaxMetadataBytes, kInvalidFile, "[probe_video] ", path.string(),
            ": expected metadata of at most ", kMaxMetadataBytes, " bytes, found ", info.metadata.size());
  info.frames = file.stream().nb_frames;
  GifTimes times(file);
  if (info.frames <= 0 || info.format == "gif") {
    const PacketPtr packet = make_packet();
    int64_t count = 0;
    while (count <= kMaxCountedPackets && file.next_packet(*packet) == VideoFile::Step::kGot) {
      times.add(packet->pts, packet->duration);
      if ((packet->flags & AV_PKT_FLAG_DISCARD) == 0) ++count;
    }
    info.frames = count <= kMaxCountedPackets ? count : 0;
  }
  info.fps = times.rate_or(stream_rate(file));
  return info;
}

Clip read_container(const std::filesystem::path& path, int64_t max_frames) {
  VideoFile file(path);
  const int32_t* matrix = display_matrix(file);
  const FramePtr frame = make_frame();
  GifTimes times(file);
  Clip clip;
  bool damaged = false;
  while (static_cast<int64_t>(clip.frames.size()) < max_frames) {
    const VideoFile::Step step = file.next_frame(*frame);
    if (step == VideoFile::Step::kEnd) {
      damaged = damaged || ends_early(file, clip.frames.size());
      break;
    }
    if (step == VideoFile::Step::kDamaged) {
      if (damaged && !clip.frames.empty()) break;
      damaged = true;
      // Damage before the first good frame is a stream that was cut; after it, the end of what can be
      // trusted.
      if (!clip.frames.empty()) file.drain();
      continue;
    }
    check_clip_size(frame->width, frame->height, static_cast<int64_t>(clip.frames.size()) + 1, path);
    RgbImage image = to_rgb_image(*frame, path.string());
    if (matrix != nullptr) image = apply_display_matrix(std::move(image), matrix);
    if (!clip.frames.empty()) {
      const RgbImage& first = clip.frames.front();
      SFV_CHECK(image.width == first.width && image.height == first.height, kUnsupported, "[read_video] ",
                path.string(), ": its pictures change size, from ", first.width, "x", first.height, " to ",
                image.width, "x", image.height, "; expected one size");
    }
    clip.frames.push_back(std::move(image));
    times.add(frame->pts, frame->pkt_duration);
  }
  SFV_CHECK(!clip.frames.empty(), kInvalidFile, "[read_video] ", path.string(),
            ": no frame could be decoded; damaged or truncated?");
  if (damaged) {
    log_warning(concat("[read_video] ", path.string(), ": damaged or truncated; only ", clip.frames.size(),
                       " frames could be read"));
  }
  const double fps = times.rate_or(stream_rate(file));
  if (fps > 0) clip.fps = fps;
  return clip;
}

}  // namespace sfv::io
