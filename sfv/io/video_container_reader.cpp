// Everything that libavformat opens: facts about its video stream, and its frames as RGB.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/video_color.h"
#include "sfv/io/video_file.h"
#include "sfv/io/video_metadata.h"
#include "sfv/io/video_rate.h"
#include "sfv/io/video_rotation.h"
#include "sfv/io/video_sources.h"

namespace sfv::io {
namespace {

constexpr int64_t kMaxCountedPackets = 1'000'000;
constexpr int64_t kGifUnits = 100;

/// FFmpeg has one demuxer for mp4 and mov, and one for Matroska and WebM: what the file calls itself tells
/// them apart.
std::string container_name(const VideoFile& file) {
  const std::string_view name = file.container().iformat->name;
  if (name.starts_with("mov,")) {
    const AVDictionaryEntry* brand = av_dict_get(file.container().metadata, "major_brand", nullptr, 0);
    return brand != nullptr && std::string_view(brand->value) == "qt  " ? "mov" : "mp4";
  }
  if (name.starts_with("matroska,")) {
    const MappedFile bytes(file.path());
    constexpr size_t kHeadBytes = 64;  // the EBML header with its DocType
    const std::string_view head(reinterpret_cast<const char*>(bytes.bytes().data()),
                                std::min(bytes.bytes().size(), kHeadBytes));
    return head.find("webm") != std::string_view::npos ? "webm" : "mkv";
  }
  return std::string(name.substr(0, name.find(',')));
}

double stream_rate(const VideoFile& file) {
  const AVRational average = file.stream().avg_frame_rate;
  const AVRational base = file.stream().r_frame_rate;
  if (average.num > 0 && average.den > 0) return av_q2d(average);
  return base.num > 0 && base.den > 0 ? av_q2d(base) : 0;
}

/// True when a file that ended without an error was cut all the same, between two frames: fewer frames came
/// than it announces by count or by duration (rounded, and rates are averages: a tenth may be missing), or a
/// GIF lacks its end.
bool ends_early(const VideoFile& file, size_t frames) {
  if (container_name(file) == "gif") {
    constexpr std::byte kTrailer{0x3B};  // GIF89a, section 27
    const MappedFile bytes(file.path());
    return bytes.bytes().empty() || bytes.bytes().back() != kTrailer;
  }
  const AVStream& stream = file.stream();
  double announced = static_cast<double>(stream.nb_frames);
  if (announced == 0 && file.container().nb_streams == 1 && file.container().duration > 0) {
    announced = static_cast<double>(file.container().duration) / AV_TIME_BASE * stream_rate(file);
  }
  constexpr double kTolerance = 0.9;
  return static_cast<double>(frames) + 1 < kTolerance * announced;
}

const int32_t* display_matrix(const VideoFile& file) {
  size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(&file.stream(), AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data != nullptr && size >= 9 * sizeof(int32_t) ? reinterpret_cast<const int32_t*>(data) : nullptr;
}

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
