// Animated and still WebP, with libwebp's animation decoder (FFmpeg 5.1 reads no animations).
#include <webp/demux.h>

#include <memory>
#include <span>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/io/image.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/video_metadata.h"
#include "sfv/io/video_rate.h"
#include "sfv/io/video_sources.h"

namespace sfv::io {
namespace {

constexpr int64_t kMilliseconds = 1000;

struct WebpDelete {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
  void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};

WebPData as_webp_data(std::span<const std::byte> bytes) {
  return {.bytes = reinterpret_cast<const uint8_t*>(bytes.data()), .size = bytes.size()};
}

struct Facts {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<int64_t> ends;  // of each frame, in ms
};

Facts read_facts(const MappedFile& file, const std::filesystem::path& path) {
  const WebPData data = as_webp_data(file.bytes());
  const std::unique_ptr<WebPDemuxer, WebpDelete> demuxer(WebPDemux(&data));
  SFV_CHECK(demuxer, kInvalidFile, "[read_video] ", path.string(), ": damaged or truncated WebP");
  Facts facts{.width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH),
              .height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT),
              .ends = {}};
  SFV_CHECK(facts.width > 0 && facts.height > 0 && facts.width <= kMaxPixels / facts.height, kInvalidFile,
            "[read_video] ", path.string(), ": pictures of ", facts.width, "x", facts.height,
            " are beyond the limit of ", kMaxPixels, " pixels");
  WebPIterator frame;
  int64_t end = 0;
  if (WebPDemuxGetFrame(demuxer.get(), 1, &frame) != 0) {
    do {
      end += frame.duration;
      facts.ends.push_back(end);
    } while (WebPDemuxNextFrame(&frame) != 0);
    WebPDemuxReleaseIterator(&frame);
  }
  return facts;
}

/// rgba: a canvas with transparency, laid over white.
RgbImage flatten(const uint8_t* rgba, const Facts& facts) {
  RgbImage image{.width = facts.width, .height = facts.height, .rgb = {}};
  image.rgb.resize(static_cast<size_t>(image.width * image.height * 3));
  for (uint8_t* to = image.rgb.data(); to != image.rgb.data() + image.rgb.size(); to += 3, rgba += 4) {
    const int alpha = rgba[3];
    for (int c = 0; c < 3; ++c)
      to[c] = static_cast<uint8_t>((rgba[c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  return image;
}

/// libwebp's animation decoder on a mapped file.
class Animation {
 public:
  explicit Animation(const std::filesystem::path& path) : file_(path), facts_(read_facts(file_, path)) {
    const WebPData data = as_webp_data(file_.bytes());
    WebPAnimDecoderOptions options;
    SFV_CHECK(WebPAnimDecoderOptionsInit(&options) != 0, kInternal,
              "[read_video] libwebp at run time is another version than at build time");
    options.color_mode = MODE_RGBA;
    decoder_.reset(WebPAnimDecoderNew(&data, &options));
    SFV_CHECK(decoder_, kInvalidFile, "[read_video] ", path.string(),
              ": damaged WebP, or no memory for its pictures");
  }
  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] bool has_more() const { return WebPAnimDecoderHasMoreFrames(decoder_.get()) != 0; }
  /// The next canvas, until the next call; null if it is damaged.
  [[nodiscard]] const uint8_t* next() const {
    uint8_t* rgba = nullptr;
    int end = 0;
    return WebPAnimDecoderGetNext(decoder_.get(), &rgba, &end) != 0 ? rgba : nullptr;
  }

 private:
  MappedFile file_;
  Facts facts_;
  std::unique_ptr<WebPAnimDecoder, WebpDelete> decoder_;
};

}  // namespace

VideoInfo probe_webp(const std::filesystem::path& path) {
  const MappedFile file(path);
  const Facts facts = read_facts(file, path);
  return {.format = "webp",
          .codec = "webp",
          .width = facts.width,
          .height = facts.height,
          .fps = rate_from_times(facts.ends, kMilliseconds),
          .frames = static_cast<int64_t>(facts.ends.size()),
          .metadata = read_sidecar(path)};
}

Clip read_webp(const std::filesystem::path& path, int64_t max_frames) {
  const Animation animation(path);
  Clip clip;
  bool damaged = false;
  while (static_cast<int64_t>(clip.frames.size()) < max_frames && animation.has_more()) {
    check_clip_size(animation.facts().width, animation.facts().height,
                    static_cast<int64_t>(clip.frames.size()) + 1, path);
    const uint8_t* rgba = animation.next();
    damaged = rgba == nullptr;
    if (damaged) break;
    clip.frames.push_back(flatten(rgba, animation.facts()));
  }
  SFV_CHECK(!clip.frames.empty(), kInvalidFile, "[read_video] ", path.string(),
            ": no frame could be decoded; damaged or truncated?");
  if (damaged) {
    log_warning(concat("[read_video] ", path.string(), ": damaged; only ", clip.frames.size(),
                       " frames could be read"));
  }
  const double fps = rate_from_times(animation.facts().ends, kMilliseconds);
  if (fps > 0) clip.fps = fps;
  return clip;
}

VideoTimes scan_webp_times(const std::filesystem::path& path) {
  const MappedFile file(path);
  const Facts facts = read_facts(file, path);
  SFV_CHECK(!facts.ends.empty(), kInvalidFile, "[read_video] ", path.string(),
            ": no frame in this WebP; damaged or truncated?");
  constexpr double kDefaultRate = 7;  // an animation whose frames all last 0 ms says nothing of its speed
  const bool has_times = facts.ends.back() > 0;
  VideoTimes times;
  double start = 0;
  for (size_t i = 0; i < facts.ends.size(); ++i) {
    times.starts.push_back(start);
    start = has_times ? static_cast<double>(facts.ends[i]) / kMilliseconds
                      : static_cast<double>(i + 1) / kDefaultRate;
  }
  times.end = start;
  return times;
}

Clip read_webp_frames(const std::filesystem::path& path, std::span<const int64_t> numbers) {
  const Animation animation(path);
  check_clip_size(animation.facts().width, animation.facts().height, static_cast<int64_t>(numbers.size()),
                  path);
  Clip clip;
  for (int64_t number = 0; clip.frames.size() < numbers.size(); ++number) {
    const uint8_t* rgba = animation.has_more() ? animation.next() : nullptr;
    SFV_CHECK(rgba != nullptr, kInvalidFile, "[read_video] ", path.string(), ": frame ", number,
              " cannot be decoded; damaged or truncated?");
    while (clip.frames.size() < numbers.size() && numbers[clip.frames.size()] == number) {
      clip.frames.push_back(flatten(rgba, animation.facts()));
    }
  }
  return clip;
}

}  // namespace sfv::io
