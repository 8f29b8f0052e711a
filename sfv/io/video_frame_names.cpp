// The file names of numbered PNG frames.
#include "sfv/io/video_frame_names.h"

#include <charconv>
#include <string_view>
#include <system_error>

#include "sfv/core/check.h"

namespace sfv::io {
namespace {

struct Pattern {
  std::string_view before;
  std::string_view after;
  size_t width = 1;
};

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

bool is_png(std::string_view name) {
  return name.ends_with(".png") || name.ends_with(".PNG");
}

std::optional<Pattern> parse_pattern(std::string_view name) {
  const size_t percent = name.find('%');
  if (percent == std::string_view::npos || !is_png(name)) return std::nullopt;
  Pattern pattern{.before = name.substr(0, percent), .after = {}};
  size_t at = percent + 1;
  if (at + 1 < name.size() && name[at] == '0' && name[at + 1] >= '1' && name[at + 1] <= '9') {
    pattern.width = static_cast<size_t>(name[at + 1] - '0');
    at += 2;
  }
  if (at >= name.size() || name[at] != 'd') return std::nullopt;
  pattern.after = name.substr(at + 1);
  if (pattern.after.find('%') != std::string_view::npos) return std::nullopt;
  return pattern;
}

}  // namespace

bool FrameNames::is_pattern(const std::filesystem::path& path) {
  return parse_pattern(path.filename().string()).has_value();
}

FrameNames::FrameNames(const std::filesystem::path& path) : folder_(path) {
  const std::string file = path.filename().string();
  if (const auto pattern = parse_pattern(file)) {
    folder_ = path.parent_path();
    before_ = pattern->before;
    after_ = pattern->after;
    width_ = pattern->width;
  }
}

std::string FrameNames::name(int64_t number) const {
  std::string digits = std::to_string(number);
  if (digits.size() < width_) digits.insert(0, width_ - digits.size(), '0');
  return before_ + digits + after_;
}

std::optional<int64_t> FrameNames::number(const std::string& name) const {
  if (name.size() <= before_.size() + after_.size() || !name.starts_with(before_) ||
      !name.ends_with(after_)) {
    return std::nullopt;
  }
  const std::string_view digits =
      std::string_view(name).substr(before_.size(), name.size() - before_.size() - after_.size());
  for (const char letter : digits) {
    if (!is_digit(letter)) return std::nullopt;
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  // "0007.png" is not a name that "%03d.png" makes.
  if (error != std::errc() || this->name(number) != name) return std::nullopt;
  return number;
}

std::map<int64_t, std::filesystem::path> FrameNames::existing() const {
  std::map<int64_t, std::filesystem::path> frames;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder_.empty() ? std::filesystem::path(".") : folder_, error);
  if (error == std::errc::no_such_file_or_directory) return frames;
  while (!error && entries != std::filesystem::directory_iterator()) {
    if (const auto found = number(entries->path().filename().string())) {
      frames.emplace(*found, folder_ / entries->path().filename());
    }
    entries.increment(error);
  }
  if (error) throw system_error(error.value(), "[video frames] cannot list " + folder_.string());
  return frames;
}

}  // namespace sfv::io
