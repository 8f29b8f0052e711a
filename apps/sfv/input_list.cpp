#include "apps/sfv/input_list.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <set>
#include <string_view>

#include "sfv/core/check.h"
#include "sfv/core/natural_order.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kPictureEndings = {".png", ".jpg", ".jpeg", ".webp", ".gif"};
constexpr size_t kMaxLineBytes = 4096;  // PATH_MAX
constexpr size_t kMaxInputs = 1'000'000;

bool is_picture_name(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return std::find(kPictureEndings.begin(), kPictureEndings.end(), ending) != kPictureEndings.end();
}

void sort_naturally(std::vector<fs::path>& paths) {
  std::sort(paths.begin(), paths.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.native(), b.native()); });
}

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) throw system_error(error.value(), "[input] cannot read the folder " + folder.string());
  std::vector<fs::path> pictures;
  for (const fs::directory_entry& entry : entries) {
    const bool is_hidden = entry.path().filename().native().starts_with('.');
    if (!is_hidden && is_picture_name(entry.path()) && entry.is_regular_file(error))
      pictures.push_back(entry.path());
  }
  SFV_CHECK(!pictures.empty(), kNotFound, "[input] ", folder.string(),
            ": expected pictures (.png .jpg .jpeg .webp .gif) in this folder, found none");
  sort_naturally(pictures);
  return pictures;
}

std::vector<fs::path> matches_of(const std::string& pattern) {
  glob_t found = {};
  const int result = glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<fs::path> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  SFV_CHECK(result != GLOB_NOSPACE, kOutOfMemory, "[input] ", pattern, ": too many matches for memory");
  std::erase_if(paths, [](const fs::path& path) { return fs::is_directory(path); });
  SFV_CHECK(!paths.empty(), kNotFound, "[input] ", pattern, ": no file matches this pattern");
  sort_naturally(paths);
  return paths;
}

std::vector<std::string> lines_of(std::istream& stream, const std::string& name) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    SFV_CHECK(line.size() <= kMaxLineBytes, kInvalidFile, "[input] ", name, ": line ", lines.size() + 1,
              " has ", line.size(), " bytes, a path has at most ", kMaxLineBytes,
              "; is this a list of photos?");
    SFV_CHECK(lines.size() < kMaxInputs, kInvalidFile, "[input] ", name, ": more than ", kMaxInputs,
              " lines");
    lines.push_back(std::move(line));
  }
  std::erase_if(lines, [](const std::string& line) { return line.empty() || line.front() == '#'; });
  return lines;
}

std::vector<std::string> read_list(const fs::path& list) {
  if (list == "-") return lines_of(std::cin, "standard input");
  SFV_CHECK(!fs::is_directory(list), kInvalidArgument, "[input] ", list.string(),
            " is a folder; --list takes a text file, folders are given as IMAGE");
  errno = 0;
  std::ifstream stream(list, std::ios::binary);
  if (!stream) throw system_error(errno != 0 ? errno : EIO, "[input] cannot read the list " + list.string());
  return lines_of(stream, list.string());
}

std::vector<fs::path> expand(const std::string& argument) {
  std::error_code error;
  if (fs::is_directory(argument, error)) return pictures_in(argument);
  if (!fs::exists(argument, error) && argument.find_first_of("*?[") != std::string::npos)
    return matches_of(argument);
  return {fs::path(argument)};
}

}  // namespace

std::vector<fs::path> expand_inputs(const std::vector<std::string>& arguments, const fs::path& list) {
  std::vector<std::string> all = arguments;
  if (!list.empty()) {
    const std::vector<std::string> listed = read_list(list);
    all.insert(all.end(), listed.begin(), listed.end());
  }
  std::vector<fs::path> inputs;
  std::set<fs::path> seen;
  for (const std::string& argument : all) {
    SFV_CHECK(!argument.empty(), kInvalidArgument, "[input] expected the name of a photo, got an empty one");
    for (fs::path& path : expand(argument)) {
      std::error_code error;
      fs::path canonical = fs::weakly_canonical(path, error);
      if (error) canonical = path;
      if (seen.insert(std::move(canonical)).second) inputs.push_back(std::move(path));
    }
  }
  SFV_CHECK(!inputs.empty(), kNotFound,
            "[input] expected at least one photo, got none; see sfv generate --help");
  return inputs;
}

}  // namespace sfv::cli
