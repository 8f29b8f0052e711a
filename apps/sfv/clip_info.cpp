#include "apps/sfv/clip_info.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "sfv/core/check.h"
#include "sfv/io/video_frame_names.h"
#include "sfv/io/video_reader.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 12> kClipEndings = {".mp4", ".webm", ".mkv", ".gif", ".webp", ".png",
                                                           ".jpg", ".jpeg", ".mov", ".avi", ".m4v",  ".apng"};

Json clip_json(const io::VideoInfo& info) {
  Json json;
  json["format"] = info.format;
  json["codec"] = info.codec;
  json["width"] = info.width;
  json["height"] = info.height;
  json["fps"] = info.fps;
  json["frames"] = info.frames;
  return json;
}

// Nested keys joined with dots, lists with commas: for people and grep.
void print_lines(const Json& json, const std::string& path) {
  for (const auto& [key, value] : json.items()) {
    const std::string name = path.empty() ? key : path + "." + key;
    if (value.is_object()) {
      print_lines(value, name);
    } else {
      const std::string text = value.is_string() ? value.get<std::string>()
                                                 : value.dump(-1, ' ', false, Json::error_handler_t::replace);
      std::printf("%s: %s\n", name.c_str(), text.c_str());
    }
  }
}

}  // namespace

bool is_clip(const fs::path& path) {
  if (io::FrameNames::is_pattern(path)) return true;
  std::error_code error;
  if (fs::is_directory(path, error))
    return !fs::exists(path / "model_index.json") && !io::FrameNames(path).existing().empty();
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kClipEndings.begin(), kClipEndings.end(), ending) != kClipEndings.end();
}

ClipRecord read_clip_record(const fs::path& clip) {
  const io::VideoInfo info = io::probe_video(clip);
  SFV_CHECK(!info.metadata.empty(), kUnsupported, "[clip record] ", clip.string(),
            ": expected the settings it was made with, found none; it was made with --no-metadata, by "
            "another program, or "
            "the file beside it (NAME.json of a gif or webp) is gone");
  return parse_record(info.metadata, clip.string());
}

void print_clip_info(const fs::path& clip, bool json) {
  const io::VideoInfo info = io::probe_video(clip);
  Json all;
  all["clip"] = clip_json(info);
  // Through the record's own reader and writer: what is printed is what repeat would follow.
  if (!info.metadata.empty()) {
    all["record"] = Json::parse(to_json(parse_record(info.metadata, clip.string())));
  } else if (json) {
    all["record"] = nullptr;
  }
  if (json) {
    std::printf("%s\n", all.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
    return;
  }
  print_lines(all["clip"], "");
  if (all.contains("record")) {
    print_lines(all["record"], "");
  } else {
    std::printf("settings: none stored\n");
  }
}

}  // namespace sfv::cli
