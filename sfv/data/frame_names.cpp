// Folders of numbered pictures as clips.
#include "sfv/data/frame_names.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/natural_order.h"

namespace sfv::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxDigits = 18;  // fits int64_t

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_picture_name(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

}  // namespace

std::optional<int64_t> frame_number(const fs::path& path) {
  if (!is_picture_name(path)) return std::nullopt;
  const std::string stem = path.stem().string();
  size_t first = stem.size();
  while (first > 0 && is_digit(stem[first - 1])) --first;
  const size_t digits = stem.size() - first;
  if (digits == 0 || digits > kMaxDigits) return std::nullopt;
  return std::stoll(stem.substr(first));
}

std::vector<fs::path> list_frames(const fs::path& folder) {
  std::vector<std::pair<int64_t, fs::path>> numbered;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  while (!error && entries != fs::directory_iterator()) {
    const fs::path& path = entries->path();
    std::error_code ignored;  // a link that leads nowhere is no file
    const auto number = path.filename().native().starts_with('.') ? std::nullopt : frame_number(path);
    if (number && entries->is_regular_file(ignored)) numbered.emplace_back(*number, path);
    entries.increment(error);
  }
  if (error) throw system_error(error.value(), "[frames] cannot read the folder " + folder.string());
  std::sort(numbered.begin(), numbered.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : natural_less(a.second.native(), b.second.native());
  });
  std::vector<fs::path> frames;
  frames.reserve(numbered.size());
  for (auto& [number, path] : numbered) frames.push_back(std::move(path));
  return frames;
}

bool holds_frames(const fs::path& folder) {
  int64_t count = 0;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  while (!error && entries != fs::directory_iterator() && count < 2) {
    std::error_code ignored;
    const bool is_hidden = entries->path().filename().native().starts_with('.');
    if (!is_hidden && frame_number(entries->path()) && entries->is_regular_file(ignored)) ++count;
    entries.increment(error);
  }
  return count == 2;
}

void check_frame_numbers(const fs::path& folder, std::span<const fs::path> frames) {
  if (frames.size() < 2) return;
  const int64_t step = *frame_number(frames[1]) - *frame_number(frames[0]);
  for (size_t i = 1; i < frames.size(); ++i) {
    const int64_t before = *frame_number(frames[i - 1]);
    const int64_t found = *frame_number(frames[i]);
    SFV_CHECK(step > 0 && found - before == step, kInvalidFile, "[frames] ", folder.string(),
              ": expected pictures numbered in equal steps, found ", found, " after ", before,
              "; is one missing or there twice?");
  }
}

}  // namespace sfv::data
