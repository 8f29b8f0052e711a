#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>

#include "sfv/core/check.h"
#include "sfv/io/exif.h"
#include "sfv/io/image_codecs.h"

// WebP through libwebp: still pictures, and the first frame of animations, which may cover only a part of the
// canvas.

namespace sfv::io {
namespace {

struct DemuxerDeleter {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};
using Demuxer = std::unique_ptr<WebPDemuxer, DemuxerDeleter>;

struct PixelsDeleter {
  void operator()(uint8_t* pixels) const { WebPFree(pixels); }
};

class FirstFrame {
 public:
  explicit FirstFrame(const WebPDemuxer* demuxer) : ok_(WebPDemuxGetFrame(demuxer, 1, &frame_) != 0) {}
  ~FirstFrame() {
    if (ok_) WebPDemuxReleaseIterator(&frame_);
  }
  FirstFrame(const FirstFrame&) = delete;
  FirstFrame& operator=(const FirstFrame&) = delete;
  [[nodiscard]] bool ok() const { return ok_ && frame_.complete != 0; }
  [[nodiscard]] const WebPIterator& operator*() const { return frame_; }

 private:
  WebPIterator frame_{};
  bool ok_;
};

Demuxer open(std::span<const std::byte> bytes, const std::string& name) {
  const WebPData data{.bytes = reinterpret_cast<const uint8_t*>(bytes.data()), .size = bytes.size()};
  Demuxer demuxer(WebPDemux(&data));
  if (demuxer == nullptr) throw_damaged_image(name, "WebP", "its chunks are broken or cut off");
  return demuxer;
}

int orientation_of(const WebPDemuxer* demuxer) {
  WebPChunkIterator chunk{};
  if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk) == 0) return 1;
  const int orientation =
      exif_orientation({reinterpret_cast<const std::byte*>(chunk.chunk.bytes), chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

}  // namespace

ImageInfo probe_webp(std::span<const std::byte> bytes, const std::string& name) {
  const Demuxer demuxer = open(bytes, name);
  return {.format = "webp",
          .width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH),
          .height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT),
          .orientation = orientation_of(demuxer.get())};
}

RgbImage decode_webp(std::span<const std::byte> bytes, const ImageInfo& info, const std::string& name) {
  const Demuxer demuxer = open(bytes, name);
  const FirstFrame first(demuxer.get());
  if (!first.ok()) throw_damaged_image(name, "WebP", "it has no whole frame");
  const WebPIterator& frame = *first;
  const bool fits = frame.x_offset >= 0 && frame.y_offset >= 0 && frame.width >= 1 && frame.height >= 1 &&
                    frame.width <= info.width - frame.x_offset &&
                    frame.height <= info.height - frame.y_offset;
  if (!fits) throw_damaged_image(name, "WebP", "its frame lies outside the canvas");

  const bool has_alpha = frame.has_alpha != 0;
  int width = 0;
  int height = 0;
  const WebPData& data = frame.fragment;
  const std::unique_ptr<uint8_t, PixelsDeleter> pixels(
      has_alpha ? WebPDecodeRGBA(data.bytes, data.size, &width, &height)
                : WebPDecodeRGB(data.bytes, data.size, &width, &height));
  if (pixels == nullptr || width != frame.width || height != frame.height) {
    throw_damaged_image(name, "WebP", "its pixels cannot be decoded");
  }

  RgbImage image{.width = info.width, .height = info.height, .rgb = {}};
  image.rgb.assign(static_cast<size_t>(info.width * info.height * 3), 255);
  const uint8_t* from = pixels.get();
  for (int64_t y = 0; y < height; ++y) {
    uint8_t* to = &image.rgb[((frame.y_offset + y) * info.width + frame.x_offset) * 3];
    for (int64_t x = 0; x < width; ++x, to += 3, from += has_alpha ? 4 : 3) {
      const unsigned alpha = has_alpha ? from[3] : 255;
      for (int c = 0; c < 3; ++c) to[c] = over_white(from[c], alpha);
    }
  }
  return image;
}

}  // namespace sfv::io
