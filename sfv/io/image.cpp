#include "sfv/io/image.h"

#include <cstring>
#include <string_view>

#include "sfv/core/check.h"
#include "sfv/io/exif.h"
#include "sfv/io/image_codecs.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/video_reader.h"

namespace sfv::io {
namespace {

constexpr const char* kReadable =
    "PNG, JPEG, WebP, GIF and videos are read; convert the file to one of these";

bool has_at(std::span<const std::byte> bytes, size_t offset, std::string_view magic) {
  return bytes.size() >= offset + magic.size() &&
         std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
}

/// Containers that are handed to the video reader: MP4 and MOV, Matroska and WebM, AVI, Ogg, FLV, MPEG
/// program and transport stream.
bool is_video(std::span<const std::byte> bytes) {
  using namespace std::string_view_literals;
  for (const std::string_view box : {"ftyp"sv, "moov"sv, "mdat"sv, "wide"sv, "free"sv, "skip"sv}) {
    if (has_at(bytes, 4, box)) return true;
  }
  return has_at(bytes, 0, "\x1A\x45\xDF\xA3"sv) ||
         (has_at(bytes, 0, "RIFF"sv) && has_at(bytes, 8, "AVI "sv)) || has_at(bytes, 0, "OggS"sv) ||
         has_at(bytes, 0, "FLV\x01"sv) || has_at(bytes, 0, "\0\0\x01\xBA"sv) ||
         (has_at(bytes, 0, "G"sv) && has_at(bytes, 188, "G"sv) && has_at(bytes, 376, "G"sv));
}

bool is_heif(std::span<const std::byte> bytes) {
  if (!has_at(bytes, 4, "ftyp")) return false;
  for (const char* brand : {"heic", "heix", "heim", "heis", "mif1", "msf1", "avif", "avis"}) {
    if (has_at(bytes, 8, brand)) return true;
  }
  return false;
}

/// Errors: kInvalidFile for an empty file, kUnsupported for HEIF and for what no reader knows.
std::string known_format(std::span<const std::byte> bytes, const std::string& name) {
  SFV_CHECK(!bytes.empty(), kInvalidFile, "[load_image] ", name, ": the file is empty");
  SFV_CHECK(!is_heif(bytes), kUnsupported, "[load_image] ", name, ": HEIC and AVIF pictures are not read; ",
            kReadable);
  const std::string format = sniff_image_format(bytes);
  SFV_CHECK(!format.empty(), kUnsupported, "[load_image] ", name, ": not a picture that is known here; ",
            kReadable);
  return format;
}

ImageInfo probe(std::span<const std::byte> bytes, const std::string& format, const std::string& name) {
  const ImageInfo info = format == "png"    ? probe_png(bytes, name)
                         : format == "jpeg" ? probe_jpeg(bytes, name)
                         : format == "webp" ? probe_webp(bytes, name)
                                            : probe_gif(bytes, name);
  check_image_size(info.width, info.height, name);
  return info;
}

}  // namespace

std::string sniff_image_format(std::span<const std::byte> bytes) {
  if (has_at(bytes, 0, "\x89PNG\r\n\x1A\n")) return "png";
  if (has_at(bytes, 0, "\xFF\xD8\xFF")) return "jpeg";
  if (has_at(bytes, 0, "RIFF") && has_at(bytes, 8, "WEBP")) return "webp";
  if (has_at(bytes, 0, "GIF87a") || has_at(bytes, 0, "GIF89a")) return "gif";
  return is_video(bytes) ? "video" : "";
}

void check_image_size(int64_t width, int64_t height, const std::string& name) {
  SFV_CHECK(width >= 1 && height >= 1, kInvalidFile, "[load_image] ", name, ": the picture is empty (", width,
            "x", height, ")");
  SFV_CHECK(width <= kMaxSide && height <= kMaxSide && width * height <= kMaxPixels, kInvalidFile,
            "[load_image] ", name, ": expected at most ", kMaxPixels, " pixels and ", kMaxSide,
            " a side, found ", width, "x", height, "; scale the picture down first");
}

void throw_damaged_image(const std::string& name, const char* format, const std::string& problem) {
  throw Error(ErrorCode::kInvalidFile, concat("[load_image] ", name, ": damaged or truncated ", format,
                                              " file (", problem, "); copy or export the picture again"));
}

ImageInfo probe_gif(std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.size() < 13) throw_damaged_image(name, "GIF", "the header is cut off");
  const auto side = [&](size_t at) {
    return std::to_integer<int64_t>(bytes[at]) | std::to_integer<int64_t>(bytes[at + 1]) << 8;
  };
  return {.format = "gif", .width = side(6), .height = side(8), .orientation = 1};
}

ImageInfo probe_image(const std::filesystem::path& path) {
  const MappedFile file(path);
  const std::string format = known_format(file.bytes(), path.string());
  if (format != "video") return probe(file.bytes(), format, path.string());
  const VideoInfo video = probe_video(path);
  check_image_size(video.width, video.height, path.string());
  return {.format = "video", .width = video.width, .height = video.height, .orientation = 1};
}

RgbImage load_image(const std::filesystem::path& path) {
  const std::string name = path.string();
  const std::string format = [&] {
    const MappedFile file(path);
    return known_format(file.bytes(), name);
  }();
  if (format == "gif" || format == "video") {
    [[maybe_unused]] const ImageInfo info = probe_image(path);  // refuses what is too large
    Clip clip = read_video(path, 1);
    if (clip.frames.empty()) throw_damaged_image(name, format.c_str(), "no frame could be read");
    return std::move(clip.frames.front());
  }
  const MappedFile file(path);
  return decode_image(file.bytes(), name);
}

RgbImage decode_image(std::span<const std::byte> bytes, const std::string& name) {
  const std::string format = known_format(bytes, name);
  SFV_CHECK(format != "gif" && format != "video", kUnsupported, "[load_image] ", name, ": a ", format,
            " is read from a file only; store it, or send a PNG, JPEG or WebP picture");
  const ImageInfo info = probe(bytes, format, name);
  RgbImage image = format == "png"    ? decode_png(bytes, info, name)
                   : format == "jpeg" ? decode_jpeg(bytes, info, name)
                                      : decode_webp(bytes, info, name);
  return apply_orientation(std::move(image), info.orientation);
}

}  // namespace sfv::io
