#include <png.h>

#include <algorithm>
#include <new>

#include "sfv/core/check.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/image.h"
#include "sfv/io/image_guard.h"

// PNG files out: 8-bit RGB, no time stamp, so that a picture has one encoding.

namespace sfv::io {
namespace {

using Text = std::vector<std::pair<std::string, std::string>>;

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// PNG specification, 11.3.4.2: 1 to 79 characters, no space at either end, none doubled. Only ASCII is
/// taken.
bool is_keyword(const std::string& key) {
  return !key.empty() && key.size() <= 79 && key.front() != ' ' && key.back() != ' ' &&
         key.find("  ") == std::string::npos &&
         std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// ASCII goes into tEXt, which every program shows; the rest into iTXt, which is UTF-8.
std::vector<png_text> to_chunks(const Text& text) {
  std::vector<png_text> chunks;
  for (const auto& [key, value] : text) {
    SFV_CHECK(is_keyword(key), kInvalidArgument,
              "[encode_png] a text key has 1 to 79 ASCII characters, found \"", key, "\"");
    SFV_CHECK(value.find('\0') == std::string::npos, kInvalidArgument, "[encode_png] the text of \"", key,
              "\" holds a NUL");
    png_text chunk{};
    chunk.compression = is_ascii(value) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    // libpng copies both and changes neither.
    chunk.key = const_cast<char*>(key.c_str());
    chunk.text = const_cast<char*>(value.c_str());
    (chunk.compression == PNG_TEXT_COMPRESSION_NONE ? chunk.text_length : chunk.itxt_length) = value.size();
    chunks.push_back(chunk);
  }
  return chunks;
}

/// libpng's writing state. write() runs inside run_guarded.
class PngWriter {
 public:
  PngWriter() = default;
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  CodecGuard guard;
  std::vector<std::byte> out;

  void write(const RgbImage& image, std::span<const png_text> chunks) {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &guard, on_error, on_warning);
    if (png_ == nullptr) guard.fail("out of memory");
    info_ = png_create_info_struct(png_);
    if (info_ == nullptr) guard.fail("out of memory");
    png_set_write_fn(png_, this, on_write, on_flush);
    png_set_user_limits(png_, kMaxSide, kMaxSide);
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height),
                 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (!chunks.empty()) png_set_text(png_, info_, chunks.data(), static_cast<int>(chunks.size()));
    png_write_info(png_, info_);
    for (int64_t y = 0; y < image.height; ++y) png_write_row(png_, &image.rgb[y * image.width * 3]);
    png_write_end(png_, nullptr);
  }

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
    static_cast<CodecGuard*>(png_get_error_ptr(png))->fail(text);
  }
  static void on_warning(png_structp /*png*/, png_const_charp /*text*/) {}
  static void on_flush(png_structp /*png*/) {}
  static void on_write(png_structp png, png_bytep bytes, size_t count) {
    auto& out = static_cast<PngWriter*>(png_get_io_ptr(png))->out;
    bool stored = true;
    try {  // no exception may pass through libpng
      out.insert(out.end(), reinterpret_cast<const std::byte*>(bytes),
                 reinterpret_cast<const std::byte*>(bytes) + count);
    } catch (const std::bad_alloc&) {
      stored = false;
    }
    if (!stored) png_error(png, "out of memory");
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

std::vector<std::byte> encode_png(const RgbImage& image, const Text& text) {
  SFV_CHECK(image.width >= 1 && image.height >= 1 && image.width <= kMaxSide && image.height <= kMaxSide &&
                static_cast<int64_t>(image.rgb.size()) == image.width * image.height * 3,
            kInvalidArgument, "[encode_png] expected a picture of 1 to ", kMaxSide, " pixels a side, found ",
            image.width, "x", image.height, " with ", image.rgb.size(), " bytes");
  const std::vector<png_text> chunks = to_chunks(text);
  PngWriter writer;
  const bool ok = run_guarded(writer.guard, [&] { writer.write(image, chunks); });
  SFV_CHECK(ok, kInternal, "[encode_png] libpng failed: ", writer.guard.message);
  return std::move(writer.out);
}

void save_png(const RgbImage& image, const std::filesystem::path& path, const Text& text) {
  const std::vector<std::byte> bytes = encode_png(image, text);
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace sfv::io
