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
  const MappedFile file(path);
  const Facts facts = read_facts(file, path);
  const WebPData data = as_webp_data(file.bytes());
  WebPAnimDecoderOptions options;
  SFV_CHECK(WebPAnimDecoderOptionsInit(&options) != 0, kInternal,
            "[read_video] libwebp at run time is another version than at build time");
  options.color_mode = MODE_RGBA;
  const std::unique_ptr<WebPAnimDecoder, WebpDelete> decoder(WebPAnimDecoderNew(&data, &options));
  SFV_CHECK(decoder, kInvalidFile, "[read_video] ", path.string(),
            ": damaged WebP, or no memory for its pictures");
  Clip clip;
  bool damaged = false;
  while (static_cast<int64_t>(clip.frames.size()) < max_frames &&
         WebPAnimDecoderHasMoreFrames(decoder.get()) != 0) {
    check_clip_size(facts.width, facts.height, static_cast<int64_t>(clip.frames.size()) + 1, path);
    uint8_t* rgba = nullptr;
    int end = 0;
    damaged = WebPAnimDecoderGetNext(decoder.get(), &rgba, &end) == 0;
    if (damaged) break;
    clip.frames.push_back(flatten(rgba, facts));
  }
  SFV_CHECK(!clip.frames.empty(), kInvalidFile, "[read_video] ", path.string(),
            ": no frame could be decoded; damaged or truncated?");
  if (damaged) {
    log_warning(concat("[read_video] ", path.string(), ": damaged; only ", clip.frames.size(),
                       " frames could be read"));
  }
  const double fps = rate_from_times(facts.ends, kMilliseconds);
  if (fps > 0) clip.fps = fps;
  return clip;
}

}  // namespace sfv::io
