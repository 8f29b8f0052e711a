#include <cstdio>  // before jpeglib.h, which needs FILE

#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <cstring>

#include "sfv/core/check.h"
#include "sfv/io/exif.h"
#include "sfv/io/image_codecs.h"
#include "sfv/io/image_guard.h"

// JPEG through libjpeg-turbo with its defaults, as Pillow decodes: accurate integer DCT, smooth chroma
// upsampling.

namespace sfv::io {
namespace {

constexpr int64_t kRowsAtOnce = 64;
constexpr int kExifMarker = JPEG_APP0 + 1;
// Each scan of a progressive file goes over the whole picture, and a scan may take a few bytes: past 20
// scans, the work is bounded.
constexpr int64_t kFreeScans = 20;
constexpr int64_t kMaxScannedPixels = 4'000'000'000;

/// libjpeg's reading state. Its methods run inside run_guarded.
class JpegReader {
 public:
  JpegReader() = default;
  ~JpegReader() {
    if (created_) jpeg_destroy_decompress(&jpeg);
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  CodecGuard guard;
  jpeg_decompress_struct jpeg{};

  void read_header(std::span<const std::byte> bytes) {
    jpeg.err = jpeg_std_error(&errors_);
    errors_.error_exit = on_error;
    errors_.emit_message = on_message;
    jpeg.client_data = &guard;  // kept by jpeg_create_decompress
    jpeg_create_decompress(&jpeg);
    created_ = true;
    jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_save_markers(&jpeg, kExifMarker, 0xFFFF);
    jpeg_read_header(&jpeg, TRUE);
  }

  /// Asks for RGB, or CMYK where the file has four colours.
  void start() {
    progress_.progress_monitor = on_progress;
    jpeg.progress = &progress_;
    jpeg.out_color_space = jpeg.num_components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&jpeg);
  }

  void read_rows(uint8_t* out, int64_t rows) {
    const int64_t stride = int64_t{jpeg.output_width} * jpeg.output_components;
    for (int64_t y = 0; y < rows; ++y) {
      JSAMPROW row = out + y * stride;
      jpeg_read_scanlines(&jpeg, &row, 1);  // 1 row or an error: the source is never suspended
    }
  }

 private:
  [[noreturn]] static void fail(j_common_ptr jpeg) {
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    static_cast<CodecGuard*>(jpeg->client_data)->fail(text);
  }
  [[noreturn]] static void on_error(j_common_ptr jpeg) { fail(jpeg); }

  /// A warning means that pixels are missing or made up, but for these.
  static void on_message(j_common_ptr jpeg, int level) {
    if (level >= 0) return;
    switch (jpeg->err->msg_code) {
      case JWRN_EXTRANEOUS_DATA:
      case JWRN_ADOBE_XFORM:
      case JWRN_JFIF_MAJOR:
      case JWRN_TOO_MUCH_DATA:
        return;
      default:
        fail(jpeg);
    }
  }

  static void on_progress(j_common_ptr common) {
    const auto* jpeg = reinterpret_cast<j_decompress_ptr>(common);
    const int64_t scans = jpeg->input_scan_number;
    if (scans > kFreeScans && scans * jpeg->image_width * jpeg->image_height > kMaxScannedPixels) {
      static_cast<CodecGuard*>(common->client_data)->fail("too many scans");
    }
  }

  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  bool created_ = false;
};

ImageInfo info_of(const jpeg_decompress_struct& jpeg) {
  ImageInfo info{.format = "jpeg", .width = jpeg.image_width, .height = jpeg.image_height, .orientation = 1};
  for (const jpeg_marker_struct* marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
    if (marker->marker != kExifMarker || marker->data_length < 6 ||
        std::memcmp(marker->data, "Exif\0\0", 6) != 0)
      continue;
    info.orientation =
        exif_orientation({reinterpret_cast<const std::byte*>(marker->data), marker->data_length});
    break;
  }
  return info;
}

/// Adobe stores CMYK inverted (255 = no ink), and so does every program since; the naive mix of ink and black
/// is Pillow's.
void cmyk_to_rgb(const uint8_t* cmyk, int64_t pixels, uint8_t* rgb) {
  for (int64_t i = 0; i < pixels; ++i, cmyk += 4, rgb += 3) {
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>((cmyk[c] * cmyk[3] + 127) / 255);
  }
}

}  // namespace

ImageInfo probe_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  JpegReader reader;
  if (!run_guarded(reader.guard, [&] { reader.read_header(bytes); }))
    throw_damaged_image(name, "JPEG", reader.guard.message);
  return info_of(reader.jpeg);
}

RgbImage decode_jpeg(std::span<const std::byte> bytes, const ImageInfo& info, const std::string& name) {
  JpegReader reader;
  const auto require = [&](bool ok) {
    if (!ok) throw_damaged_image(name, "JPEG", reader.guard.message);
  };
  require(run_guarded(reader.guard, [&] {
    reader.read_header(bytes);
    reader.start();
  }));

  const bool is_cmyk = reader.jpeg.out_color_space == JCS_CMYK;
  std::vector<uint8_t> cmyk;
  if (is_cmyk) cmyk.resize(static_cast<size_t>(info.width * kRowsAtOnce * 4));
  RgbImage image{.width = info.width, .height = info.height, .rgb = {}};
  // Memory is reserved but filled only as rows arrive: a header alone costs nothing.
  image.rgb.reserve(static_cast<size_t>(info.width * info.height * 3));
  for (int64_t y = 0; y < info.height; y += kRowsAtOnce) {
    const int64_t rows = std::min(kRowsAtOnce, info.height - y);
    image.rgb.resize(static_cast<size_t>((y + rows) * info.width * 3));
    uint8_t* rgb = &image.rgb[y * info.width * 3];
    require(run_guarded(reader.guard, [&] { reader.read_rows(is_cmyk ? cmyk.data() : rgb, rows); }));
    if (is_cmyk) cmyk_to_rgb(cmyk.data(), info.width * rows, rgb);
  }
  require(run_guarded(reader.guard, [&] { jpeg_finish_decompress(&reader.jpeg); }));
  return image;
}

}  // namespace sfv::io
