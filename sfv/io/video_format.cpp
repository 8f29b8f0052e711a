// Which format a video's name asks for.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/video_frame_names.h"
#include "sfv/io/video_writer.h"

namespace sfv::io {
namespace {

constexpr std::array<std::pair<std::string_view, VideoFormat>, 5> kEndings = {{
    {".mp4", VideoFormat::kMp4},
    {".webm", VideoFormat::kWebm},
    {".gif", VideoFormat::kGif},
    {".webp", VideoFormat::kWebp},
    {".mkv", VideoFormat::kMkv},
}};

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

}  // namespace

VideoFormat video_format(const std::filesystem::path& path) {
  SFV_CHECK(!path.empty(), kUnsupported, "[video_format] expected the name of a video, got an empty one");
  const std::string ending = lower_case(path.extension().string());
  for (const auto& [known, format] : kEndings) {
    if (ending == known) return format;
  }
  if (FrameNames::is_pattern(path) || ending.empty()) return VideoFormat::kPngFrames;
  throw Error(
      ErrorCode::kUnsupported,
      concat("[video_format] ", path.string(),
             ": expected a name ending in .mp4, .webm, .gif, .webp or .mkv, a pattern for PNG frames such "
             "as name_%03d.png, or a name without ending for a folder of PNG frames"));
}

}  // namespace sfv::io
