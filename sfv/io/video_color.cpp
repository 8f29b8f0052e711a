// Colour conversion of frames, both ways, with libswscale: RGB <-> YUV with the matrix and range said by the
// tags.
#include "sfv/io/video_color.h"

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::io {
namespace {

// Without these swscale trades accuracy for speed: chroma of neighbouring pixels is shared, and rounding is
// biased.
constexpr int kAccurate =
    SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
constexpr int kHdLines = 720;  // untagged pictures from this height on are taken for BT.709
constexpr int kUnity = 1 << 16;

struct Side {
  int format;
  bool full_range;
};

ScalerPtr make_scaler(int width, int height, Side from, Side to, int matrix) {
  ScalerPtr scaler(sws_alloc_context());
  SFV_CHECK(scaler, kOutOfMemory, "[video] no memory for a colour converter");
  const std::array<std::pair<const char*, int>, 9> settings = {{
      {"srcw", width},
      {"srch", height},
      {"dstw", width},
      {"dsth", height},
      {"src_format", from.format},
      {"dst_format", to.format},
      {"src_range", from.full_range ? 1 : 0},
      {"dst_range", to.full_range ? 1 : 0},
      {"sws_flags", kAccurate},
  }};
  for (const auto& [name, value] : settings) {
    if (name == std::string_view("src_format") || name == std::string_view("dst_format")) {
      av_opt_set_pixel_fmt(scaler.get(), name, static_cast<AVPixelFormat>(value), 0);
    } else {
      av_opt_set_int(scaler.get(), name, value, 0);
    }
  }
  if (to.format == AV_PIX_FMT_YUV420P) {
    // Left: on the column of the first of two pixels, halfway between two rows (in 1/256 of a pixel).
    av_opt_set_int(scaler.get(), "dst_h_chr_pos", 0, 0);
    av_opt_set_int(scaler.get(), "dst_v_chr_pos", 128, 0);
  }
  const int* coefficients = sws_getCoefficients(matrix);
  sws_setColorspaceDetails(scaler.get(), coefficients, from.full_range ? 1 : 0, coefficients,
                           to.full_range ? 1 : 0, 0, kUnity, kUnity);
  if (sws_init_context(scaler.get(), nullptr, nullptr) < 0) return nullptr;
  return scaler;
}

/// The picture with even sides, as the rows of an RGB24 frame.
FramePtr make_even_rgb_frame(const RgbImage& image) {
  const int width = static_cast<int>(image.width + image.width % 2);
  const int height = static_cast<int>(image.height + image.height % 2);
  FramePtr frame = make_picture(AV_PIX_FMT_RGB24, width, height);
  for (int y = 0; y < height; ++y) {
    const uint8_t* row = image.rgb.data() + std::min<int64_t>(y, image.height - 1) * image.width * 3;
    uint8_t* to =
        std::copy_n(row, image.width * 3, frame->data[0] + static_cast<ptrdiff_t>(y) * frame->linesize[0]);
    if (width != image.width) std::copy_n(row + (image.width - 1) * 3, 3, to);
  }
  return frame;
}

/// libswscale's name (SWS_CS_…) for a frame's matrix; -1 where it has none.
int swscale_matrix(const AVFrame& frame) {
  switch (frame.colorspace) {
    case AVCOL_SPC_RGB:  // no matrix is applied
    case AVCOL_SPC_UNSPECIFIED:
    case AVCOL_SPC_RESERVED:
      return frame.height < kHdLines ? SWS_CS_ITU601 : SWS_CS_ITU709;
    case AVCOL_SPC_BT709:
      return SWS_CS_ITU709;
    case AVCOL_SPC_FCC:
      return SWS_CS_FCC;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
      return SWS_CS_ITU601;
    case AVCOL_SPC_SMPTE240M:
      return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return SWS_CS_BT2020;
    default:
      return -1;
  }
}

/// Formats whose range is in their name ("yuvj…") are deprecated, but decoders still give them.
int without_j(int format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ411P:
      return AV_PIX_FMT_YUV411P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    default:
      return format;
  }
}

/// rgba: rows of 4 bytes a pixel. Leaves RGB over white in `image`.
void flatten_on_white(const uint8_t* rgba, ptrdiff_t stride, RgbImage& image) {
  uint8_t* to = image.rgb.data();
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t* from = rgba + y * stride;
    for (int64_t x = 0; x < image.width; ++x, from += 4) {
      const int alpha = from[3];
      for (int c = 0; c < 3; ++c)
        *to++ = static_cast<uint8_t>((from[c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
}

}  // namespace

FramePtr make_yuv420_frame(const RgbImage& image) {
  const FramePtr rgb = make_even_rgb_frame(image);
  FramePtr yuv = make_picture(AV_PIX_FMT_YUV420P, rgb->width, rgb->height);
  const ScalerPtr scaler = make_scaler(rgb->width, rgb->height, {AV_PIX_FMT_RGB24, true},
                                       {AV_PIX_FMT_YUV420P, false}, SWS_CS_ITU709);
  SFV_CHECK(scaler, kInternal, "[video] libswscale refuses rgb24 to yuv420p at ", rgb->width, "x",
            rgb->height);
  sws_scale(scaler.get(), rgb->data, rgb->linesize, 0, rgb->height, yuv->data, yuv->linesize);
  yuv->colorspace = AVCOL_SPC_BT709;
  yuv->color_primaries = AVCOL_PRI_BT709;
  yuv->color_trc = AVCOL_TRC_BT709;
  yuv->color_range = AVCOL_RANGE_MPEG;
  yuv->chroma_location = AVCHROMA_LOC_LEFT;
  return yuv;
}

FramePtr make_bgr_frame(const RgbImage& image, int pixel_format) {
  FramePtr frame = make_picture(pixel_format, static_cast<int>(image.width), static_cast<int>(image.height));
  const uint8_t* from = image.rgb.data();
  for (int64_t y = 0; y < image.height; ++y) {
    uint8_t* to = frame->data[0] + y * frame->linesize[0];
    for (int64_t x = 0; x < image.width; ++x, from += 3, to += 4) {
      to[0] = from[2];
      to[1] = from[1];
      to[2] = from[0];
      to[3] = 255;
    }
  }
  return frame;
}

RgbImage to_rgb_image(const AVFrame& frame, const std::string& name) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  const int matrix = swscale_matrix(frame);
  const bool is_rgb = description != nullptr && (description->flags & AV_PIX_FMT_FLAG_RGB) != 0;
  SFV_CHECK(description != nullptr && (is_rgb || matrix >= 0), kUnsupported, "[read_video] ", name,
            ": pictures in ", description == nullptr ? "an unknown layout" : description->name,
            " with matrix ", frame.colorspace, " cannot be converted to RGB");
  const bool has_alpha = (description->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL)) != 0;
  const int format = without_j(frame.format);
  const bool full_range = is_rgb || frame.color_range == AVCOL_RANGE_JPEG || format != frame.format;
  const Side rgb{has_alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24, true};

  const ScalerPtr scaler =
      make_scaler(frame.width, frame.height, {format, full_range}, rgb, std::max(matrix, 0));
  SFV_CHECK(scaler, kUnsupported, "[read_video] ", name, ": libswscale cannot convert ", description->name,
            " to RGB");
  const FramePtr converted = make_picture(rgb.format, frame.width, frame.height);
  sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, converted->data, converted->linesize);

  RgbImage image{.width = frame.width, .height = frame.height, .rgb = {}};
  image.rgb.resize(static_cast<size_t>(image.width * image.height * 3));
  if (has_alpha) {
    flatten_on_white(converted->data[0], converted->linesize[0], image);
    return image;
  }
  for (int64_t y = 0; y < image.height; ++y) {
    std::copy_n(converted->data[0] + y * converted->linesize[0], image.width * 3,
                image.rgb.data() + y * image.width * 3);
  }
  return image;
}

}  // namespace sfv::io
