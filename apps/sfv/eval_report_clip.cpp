// Clips inside a page.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "apps/sfv/eval_report.h"
#include "sfv/core/check.h"
#include "sfv/io/base64.h"
#include "sfv/io/html_page.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/temporary_folder.h"
#include "sfv/io/video_reader.h"
#include "sfv/io/video_writer.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kMaxBytes = uintmax_t{32} << 20;

struct Kind {
  const char* ending;
  const char* mime;
};
// What browsers show as it is.
constexpr std::array<Kind, 7> kKinds = {{{".mp4", "video/mp4"},
                                         {".webm", "video/webm"},
                                         {".gif", "image/gif"},
                                         {".webp", "image/webp"},
                                         {".png", "image/png"},
                                         {".jpg", "image/jpeg"},
                                         {".jpeg", "image/jpeg"}}};

std::string embed(const fs::path& file, const std::string& mime) {
  const io::MappedFile mapped(file);
  SFV_CHECK(mapped.bytes().size() <= kMaxBytes, kInvalidFile, "[report] ", file.string(),
            ": expected at most ", kMaxBytes >> 20U, " MiB, to fit into a page, got ",
            mapped.bytes().size() >> 20U);
  const std::string data = concat("data:", mime, ";base64,", io::base64(mapped.bytes()));
  if (mime.starts_with("video/"))
    return concat("<video controls loop muted autoplay playsinline src=\"", data, "\"></video>");
  return concat("<img alt=\"\" src=\"", data, "\">");
}

}  // namespace

std::string report_clip(const std::string& path) {
  const fs::path file(path);
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& one) { return ending == one.ending; });
  std::string media;
  if (kind != kKinds.end()) {
    media = embed(file, kind->mime);
  } else {
    const Clip clip = io::read_video(file);
    const io::TemporaryFolder folder(fs::temp_directory_path() / "sfv-report");
    io::write_video(clip, folder.path() / "clip.mp4", {});
    media = embed(folder.path() / "clip.mp4", "video/mp4");
  }
  return concat("<figure>", media, "<figcaption>", io::html_text(path), "</figcaption></figure>\n");
}

}  // namespace sfv::cli
