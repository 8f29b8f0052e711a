// Manifests, and what lies below a folder.
#include "sfv/data/clip_list.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>

#include "sfv/core/check.h"
#include "sfv/core/natural_order.h"
#include "sfv/data/frame_names.h"
#include "sfv/io/json_config.h"

namespace sfv::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxLineBytes = size_t{64} << 10;
constexpr size_t kMaxItems = 10'000'000;
constexpr double kMaxRate = 1000;

constexpr std::array<std::string_view, 22> kVideoEndings = {
    ".3gp", ".avi", ".flv", ".gif", ".h264", ".hevc", ".ivf", ".m2ts", ".m4v",  ".mkv", ".mov",
    ".mp4", ".mpg", ".mts", ".ogg", ".ogv",  ".ts",   ".vob", ".webm", ".webp", ".wmv", ".mpeg"};

bool is_video_name(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return std::find(kVideoEndings.begin(), kVideoEndings.end(), ending) != kVideoEndings.end();
}

bool is_hidden(const fs::path& path) {
  return path.filename().native().starts_with('.');
}

ClipItem parse_item(const std::string& line, const std::string& where, const fs::path& folder) {
  const io::JsonConfig json = io::JsonConfig::parse(line, where);
  json.allow_only({"path", "start", "end", "fps", "motion"});
  const auto path = json.get_string("path");
  SFV_CHECK(path && !path->empty(), kInvalidFile, "[manifest] ", where,
            ": expected the key \"path\" with the name of a video or a folder of frames");
  SFV_CHECK(path->find('\0') == std::string::npos, kInvalidFile, "[manifest] ", where,
            ": the path holds a NUL character");
  ClipItem item{.path = folder / *path,
                .start = json.get_double("start"),
                .end = json.get_double("end"),
                .fps = json.get_double("fps"),
                .motion = json.get_int("motion")};
  SFV_CHECK(!item.start || *item.start >= 0, kInvalidFile, "[manifest] ", where,
            ": expected a start of 0 seconds or later, found ", *item.start);
  SFV_CHECK(!item.end || *item.end > item.start.value_or(0), kInvalidFile, "[manifest] ", where,
            ": expected an end after the start at ", item.start.value_or(0), " s, found ", *item.end);
  SFV_CHECK(!item.fps || (*item.fps > 0 && *item.fps <= kMaxRate), kInvalidFile, "[manifest] ", where,
            ": expected more than 0 and at most ", kMaxRate, " frames per second, found ", *item.fps);
  SFV_CHECK(!item.motion || (*item.motion >= 0 && *item.motion <= 255), kInvalidFile, "[manifest] ", where,
            ": expected a motion bucket from 0 to 255, found ", *item.motion);
  return item;
}

/// Reads a line of bounded length; false at the end of the file.
bool next_line(std::istream& stream, std::string& line, const std::string& where) {
  line.clear();
  int letter;
  while ((letter = stream.get()) != std::istream::traits_type::eof()) {
    if (letter == '\n') return true;
    SFV_CHECK(line.size() < kMaxLineBytes, kInvalidFile, "[manifest] ", where, ": longer than ",
              kMaxLineBytes, " bytes; expected one JSON object a line");
    line.push_back(static_cast<char>(letter));
  }
  return !line.empty();
}

}  // namespace

std::vector<ClipItem> read_manifest(const fs::path& manifest) {
  SFV_CHECK(!fs::is_directory(manifest), kInvalidFile, "[manifest] ", manifest.string(),
            " is a folder; expected a file with one JSON object a line");
  errno = 0;
  std::ifstream stream(manifest, std::ios::binary);
  if (!stream) throw system_error(errno != 0 ? errno : EIO, "[manifest] cannot read " + manifest.string());
  const fs::path folder = manifest.parent_path();
  std::vector<ClipItem> items;
  std::string line;
  for (size_t number = 1;; ++number) {
    const std::string where = concat(manifest.string(), ":", number);
    if (!next_line(stream, line, where)) break;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    SFV_CHECK(number <= kMaxItems, kInvalidFile, "[manifest] ", manifest.string(), ": more than ", kMaxItems,
              " lines");
    items.push_back(parse_item(line, where, folder));
  }
  SFV_CHECK(!stream.bad(), kIo, "[manifest] ", manifest.string(), ": reading failed");
  SFV_CHECK(!items.empty(), kInvalidFile, "[manifest] ", manifest.string(), ": no clips in it");
  return items;
}

std::vector<ClipItem> discover_clips(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  if (error) throw system_error(error.value(), "[data] cannot read the folder " + folder.string());
  if (holds_frames(folder)) found.push_back(folder);
  while (!error && entries != fs::recursive_directory_iterator()) {
    const fs::path& path = entries->path();
    std::error_code ignored;  // a link that leads nowhere is no file
    if (is_hidden(path)) {
      entries.disable_recursion_pending();
    } else if (entries->is_directory(ignored)) {
      if (holds_frames(path)) found.push_back(path);
    } else if (is_video_name(path) && entries->is_regular_file(ignored)) {
      found.push_back(path);
    }
    entries.increment(error);
  }
  if (error) throw system_error(error.value(), "[data] cannot read below the folder " + folder.string());
  SFV_CHECK(!found.empty(), kNotFound, "[data] ", folder.string(),
            ": expected videos, animations or folders of numbered pictures below this folder, found none");
  std::sort(found.begin(), found.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.native(), b.native()); });
  std::vector<ClipItem> items;
  items.reserve(found.size());
  for (fs::path& path : found) items.push_back({.path = std::move(path)});
  return items;
}

std::vector<ClipItem> list_clips(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return discover_clips(path);
  SFV_CHECK(fs::exists(path, error), kNotFound, "[data] ", path.string(),
            ": no such file or folder; expected a folder, a .jsonl manifest or a video");
  if (path.extension() == ".jsonl") return read_manifest(path);
  return {{.path = path}};
}

}  // namespace sfv::data
