#include <png.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/exif.h"
#include "sfv/io/image_codecs.h"
#include "sfv/io/image_guard.h"

// PNG through libpng. Everything but the pixels, the palette and transparency is passed over: no colour
// profile, gamma or text is read, so none can be used to swallow memory.

namespace sfv::io {
namespace {

constexpr size_t kSignatureBytes = 8;
constexpr size_t kChunkBytes = 12;  // length, type, CRC

uint32_t big_endian(std::span<const std::byte> bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<uint32_t>(bytes[at + i]);
  return value;
}

/// Calls visit(type, data) for one whole chunk after the other until it returns false. Looks at chunk headers
/// only.
template <typename Visit>
void walk_chunks(std::span<const std::byte> bytes, const Visit& visit) {
  for (size_t at = kSignatureBytes; bytes.size() - at >= kChunkBytes;) {
    const size_t length = big_endian(bytes, at);
    if (length > bytes.size() - at - kChunkBytes) return;
    const std::string_view type(reinterpret_cast<const char*>(&bytes[at + 4]), 4);
    if (!visit(type, bytes.subspan(at + 8, length))) return;
    at += kChunkBytes + length;
  }
}

/// What is wrong with the amount of compressed data for `raw` bytes of rows, empty if nothing. Too little:
/// the file is cut off, and no memory need be spent on it. Too much: libpng would unpack it all, at 1,032
/// times its size.
std::string check_data_size(std::span<const std::byte> bytes, int64_t raw) {
  constexpr int64_t kMaxDeflateRatio = 1032;  // zlib's technical details: no stream shrinks its data by more
  constexpr int64_t kOverhead = int64_t{64}
                                << 10;  // of headers and of blocks that compress nothing, with much to spare
  int64_t packed = 0;
  walk_chunks(bytes, [&](std::string_view type, std::span<const std::byte> data) {
    if (type == "IDAT") packed += static_cast<int64_t>(data.size());
    return type != "IEND";
  });
  if (packed < raw / kMaxDeflateRatio) return "less data than any picture of its size needs";
  if (packed > 2 * raw + kOverhead) return "more data than any picture of its size needs";
  return {};
}

/// libpng's reading state. Its methods run inside run_guarded.
class PngReader {
 public:
  explicit PngReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  CodecGuard guard;

  /// Reads the header and asks for 8-bit RGB, or RGBA where there is transparency.
  void start() {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &guard, on_error, on_warning);
    if (png_ == nullptr) guard.fail("out of memory");
    info_ = png_create_info_struct(png_);
    if (info_ == nullptr) guard.fail("out of memory");
    png_set_read_fn(png_, this, on_read);
    png_set_user_limits(png_, kMaxSide, kMaxSide);
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);  // -1: known ancillary chunks too
    png_read_info(png_, info_);
    stored_row_bytes = png_get_rowbytes(png_, info_);
    has_alpha = (png_get_color_type(png_, info_) & PNG_COLOR_MASK_ALPHA) != 0 ||
                png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
    png_set_expand(png_);
    png_set_strip_16(png_);
    png_set_gray_to_rgb(png_);
    passes = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    row_bytes = png_get_rowbytes(png_, info_);
  }
  void read_row(uint8_t* row) { png_read_row(png_, row, nullptr); }
  void finish() { png_read_end(png_, nullptr); }

  size_t stored_row_bytes = 0;
  size_t row_bytes = 0;  // of the rows that read_row gives
  bool has_alpha = false;
  int passes = 1;  // 7 when interlaced: every pass needs what the one before it left in the row

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
    static_cast<CodecGuard*>(png_get_error_ptr(png))->fail(text);
  }
  static void on_warning(png_structp /*png*/, png_const_charp /*text*/) {}
  static void on_read(png_structp png, png_bytep out, size_t count) {
    auto& self = *static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > self.bytes_.size() - self.position_) png_error(png, "the file ends too early");
    std::memcpy(out, &self.bytes_[self.position_], count);
    self.position_ += count;
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::span<const std::byte> bytes_;
  size_t position_ = 0;
};

void flatten(const uint8_t* rgba, int64_t pixels, uint8_t* rgb) {
  for (int64_t i = 0; i < pixels; ++i, rgba += 4, rgb += 3) {
    for (int c = 0; c < 3; ++c) rgb[c] = over_white(rgba[c], rgba[3]);
  }
}

}  // namespace

ImageInfo probe_png(std::span<const std::byte> bytes, const std::string& name) {
  constexpr size_t kHeaderEnd = 33;  // signature and IHDR
  if (bytes.size() < kHeaderEnd || big_endian(bytes, 8) != 13 || std::memcmp(&bytes[12], "IHDR", 4) != 0) {
    throw_damaged_image(name, "PNG", "no IHDR chunk at the start");
  }
  ImageInfo info{
      .format = "png", .width = big_endian(bytes, 16), .height = big_endian(bytes, 20), .orientation = 1};
  walk_chunks(bytes, [&](std::string_view type, std::span<const std::byte> data) {
    if (type == "eXIf") info.orientation = exif_orientation(data);
    return type != "eXIf";
  });
  return info;
}

RgbImage decode_png(std::span<const std::byte> bytes, const ImageInfo& info, const std::string& name) {
  PngReader reader(bytes);
  const auto require = [&](bool ok) {
    if (!ok) throw_damaged_image(name, "PNG", reader.guard.message);
  };
  require(run_guarded(reader.guard, [&] { reader.start(); }));
  const int64_t channels = reader.has_alpha ? 4 : 3;
  SFV_CHECK(static_cast<int64_t>(reader.row_bytes) == info.width * channels, kInternal, "[load_image] ", name,
            ": unexpected PNG row size");
  const std::string problem =
      check_data_size(bytes, static_cast<int64_t>(reader.stored_row_bytes + 1) * info.height);
  if (!problem.empty()) throw_damaged_image(name, "PNG", problem);

  RgbImage image{.width = info.width, .height = info.height, .rgb = {}};
  image.rgb.resize(static_cast<size_t>(info.width * info.height * 3));
  // With transparency, rows come by way of a buffer: one row, or the whole picture where it is interlaced.
  std::vector<uint8_t> rgba;
  if (reader.has_alpha)
    rgba.resize(reader.row_bytes * static_cast<size_t>(reader.passes > 1 ? info.height : 1));
  require(run_guarded(reader.guard, [&] {
    for (int pass = 0; pass < reader.passes; ++pass) {
      const bool is_last = pass + 1 == reader.passes;
      for (int64_t y = 0; y < info.height; ++y) {
        uint8_t* rgb = &image.rgb[y * info.width * 3];
        uint8_t* row = !reader.has_alpha
                           ? rgb
                           : &rgba[reader.passes > 1 ? y * static_cast<int64_t>(reader.row_bytes) : 0];
        reader.read_row(row);
        if (reader.has_alpha && is_last) flatten(row, info.width, rgb);
      }
    }
    reader.finish();
  }));
  return image;
}

}  // namespace sfv::io
