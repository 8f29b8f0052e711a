// Where the metadata of formats without a comment of their own lives.
#include "sfv/io/video_metadata.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <span>
#include <string_view>
#include <system_error>

#include "sfv/core/check.h"
#include "sfv/io/mapped_file.h"

namespace sfv::io {
namespace {

/// What libpng reads from, and where it leaves what it found: plain data only, since errors leave by longjmp.
struct PngSource {
  std::span<const std::byte> left;
  const char* text = nullptr;  // owned by libpng
  size_t length = 0;
};

void read_bytes(png_structp png, png_bytep to, size_t count) {
  auto* source = static_cast<PngSource*>(png_get_io_ptr(png));
  if (count > source->left.size()) png_error(png, "truncated");
  std::copy_n(reinterpret_cast<const png_byte*>(source->left.data()), count, to);
  source->left = source->left.subspan(count);
}

void on_error(png_structp png, png_const_charp) {
  png_longjmp(png, 1);
}
void on_warning(png_structp, png_const_charp) {}

/// The reading side of libpng with room for our longest text.
class PngReader {
 public:
  PngReader() : png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, on_error, on_warning)) {
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    SFV_CHECK(info_ != nullptr, kOutOfMemory, "[png] no memory for the reader");
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  /// Reads up to the first picture data. False for a broken file.
  bool find_text(PngSource& source) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, &source, read_bytes);
    png_set_chunk_malloc_max(png_, kMaxMetadataBytes + kChunkOverhead);
    png_read_info(png_, info_);
    png_textp texts = nullptr;
    const int count = png_get_text(png_, info_, &texts, nullptr);
    for (int i = 0; i < count; ++i) {
      if (std::string_view(texts[i].key) != kPngMetadataKey) continue;
      source.text = texts[i].text;
      // libpng counts the bytes of tEXt and of iTXt in different fields.
      source.length =
          texts[i].compression >= PNG_ITXT_COMPRESSION_NONE ? texts[i].itxt_length : texts[i].text_length;
    }
    return true;
  }

 private:
  static constexpr size_t kChunkOverhead = 4096;  // keyword, language, flags
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

std::filesystem::path sidecar_path(const std::filesystem::path& path) {
  std::filesystem::path sidecar = path;
  sidecar += ".json";
  return sidecar;
}

std::string read_sidecar(const std::filesystem::path& path) {
  const std::filesystem::path sidecar = sidecar_path(path);
  std::error_code error;
  if (!std::filesystem::is_regular_file(sidecar, error)) return {};
  const MappedFile file(sidecar);
  SFV_CHECK(file.bytes().size() <= kMaxMetadataBytes, kInvalidFile, "[probe_video] ", sidecar.string(),
            ": expected metadata of at most ", kMaxMetadataBytes, " bytes, found ", file.bytes().size());
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

std::string read_png_metadata(const std::filesystem::path& path) {
  const MappedFile file(path);
  PngSource source{.left = file.bytes()};
  PngReader reader;
  SFV_CHECK(reader.find_text(source), kInvalidFile, "[probe_video] ", path.string(), ": broken PNG file");
  SFV_CHECK(source.length <= kMaxMetadataBytes, kInvalidFile, "[probe_video] ", path.string(),
            ": expected metadata of at most ", kMaxMetadataBytes, " bytes, found ", source.length);
  return source.text == nullptr ? std::string() : std::string(source.text, source.length);
}

}  // namespace sfv::io
