// Animated WebP, with libwebp's own animation encoder.
#include <webp/encode.h>
#include <webp/mux.h>

#include <memory>
#include <string>

#include "sfv/core/check.h"
#include "sfv/io/video_formats.h"
#include "sfv/io/video_rate.h"

namespace sfv::io {
namespace {

constexpr float kQuality = 90;
constexpr int64_t kMilliseconds = 1000;

struct WebpDelete {
  void operator()(WebPAnimEncoder* encoder) const { WebPAnimEncoderDelete(encoder); }
};
using AnimEncoderPtr = std::unique_ptr<WebPAnimEncoder, WebpDelete>;

struct Picture {
  Picture() { ok = WebPPictureInit(&picture) != 0; }
  ~Picture() { WebPPictureFree(&picture); }
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
  WebPPicture picture;
  bool ok;
};

struct Bytes {
  Bytes() { WebPDataInit(&data); }
  ~Bytes() { WebPDataClear(&data); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  WebPData data;
};

}  // namespace

std::string encode_webp(const VideoJob& job) {
  const RgbImage& first = job.clip.frames.front();
  SFV_CHECK(first.width <= WEBP_MAX_DIMENSION && first.height <= WEBP_MAX_DIMENSION, kUnsupported,
            "[write_video] ", job.name, ": WebP pictures have sides up to ", WEBP_MAX_DIMENSION,
            ", this clip is ", first.width, "x", first.height, "; write another format");
  (void)frame_rate(job.clip.fps, job.name);
  const int width = static_cast<int>(first.width);
  const int height = static_cast<int>(first.height);

  WebPAnimEncoderOptions options;
  WebPConfig config;
  SFV_CHECK(WebPAnimEncoderOptionsInit(&options) != 0 && WebPConfigInit(&config) != 0, kInternal,
            "[write_video] libwebp at run time is another version than at build time");
  options.anim_params.loop_count = 0;  // for ever
  config.quality = kQuality;
  config.thread_level = 0;
  const AnimEncoderPtr encoder(WebPAnimEncoderNew(width, height, &options));
  SFV_CHECK(encoder, kOutOfMemory, "[write_video] ", job.name, ": no memory for the WebP encoder");

  int64_t number = 0;
  for (const RgbImage& image : job.clip.frames) {
    job.throw_if_cancelled();
    Picture frame;
    frame.picture.use_argb = 1;
    frame.picture.width = width;
    frame.picture.height = height;
    SFV_CHECK(frame.ok && WebPPictureImportRGB(&frame.picture, image.rgb.data(), width * 3) != 0,
              kOutOfMemory, "[write_video] ", job.name, ": no memory for a WebP picture");
    const int start = static_cast<int>(frame_start(number++, job.clip.fps, kMilliseconds));
    SFV_CHECK(WebPAnimEncoderAdd(encoder.get(), &frame.picture, start, &config) != 0, kIo, "[write_video] ",
              job.name, ": ", WebPAnimEncoderGetError(encoder.get()));
  }
  const int end = static_cast<int>(frame_start(number, job.clip.fps, kMilliseconds));
  Bytes bytes;
  SFV_CHECK(WebPAnimEncoderAdd(encoder.get(), nullptr, end, nullptr) != 0 &&
                WebPAnimEncoderAssemble(encoder.get(), &bytes.data) != 0,
            kIo, "[write_video] ", job.name, ": ", WebPAnimEncoderGetError(encoder.get()));
  return {reinterpret_cast<const char*>(bytes.data.bytes), bytes.data.size};
}

}  // namespace sfv::io
