#include "apps/sfv/doctor_checks.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "apps/sfv/terminal.h"
#include "sfv/core/check.h"
#include "sfv/core/rgb_image.h"
#include "sfv/io/video_writer.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using Status = DoctorCheck::Status;

// Peak of full-size SVD in fp32 with diffusers (8.4 GB) and its weights on disk.
constexpr double kWantedMemoryGib = 8;
constexpr double kWantedDiskGib = 1;
constexpr double kGib = 1024.0 * 1024 * 1024;

std::string gib(double bytes) {
  std::array<char, 32> text = {};
  std::snprintf(text.data(), text.size(), "%.1f GiB", bytes / kGib);
  return text.data();
}

// Of /proc/meminfo, in bytes; 0 where it cannot be read.
double meminfo(std::string_view key) {
  std::ifstream stream("/proc/meminfo");
  for (std::string word; stream >> word;) {
    double kib = 0;
    if (word == key && stream >> kib) return kib * 1024;
  }
  return 0;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "sfv-doctor-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw system_error(errno, "[doctor] cannot make a temporary folder " + name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Clip small_clip() {
  const RgbImage grey{32, 32, std::vector<uint8_t>(size_t{32} * 32 * 3, 128)};
  return {.frames = {grey, grey}, .fps = 7};
}

std::string_view status_word(Status status) {
  return status == Status::kOk ? "ok" : status == Status::kWarning ? "warning" : "failed";
}

}  // namespace

DoctorCheck check_memory() {
  const double available = meminfo("MemAvailable:");
  const double total = meminfo("MemTotal:");
  if (total <= 0) return {Status::kWarning, "memory", "unknown", "cannot read /proc/meminfo"};
  DoctorCheck check{Status::kOk, "memory", gib(available) + " free of " + gib(total), ""};
  if (available < kWantedMemoryGib * kGib) {
    check.status = Status::kWarning;
    check.remedy =
        "full-size SVD in fp32 wants 8 GiB; use --dtype bf16, a smaller --size, fewer --frames or "
        "--decode-chunk";
  }
  return check;
}

DoctorCheck check_output_folder(const fs::path& folder) {
  const std::string name = "output folder";
  std::error_code error;
  const std::string place = fs::absolute(folder, error).lexically_normal().string();
  if (!fs::is_directory(folder, error))
    return {Status::kFailed, name, place + " is not a folder", "make it, or name another"};
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    return {Status::kFailed, name, place + ": " + std::strerror(errno),
            "change its permissions, or write to another"};
  }
  const fs::space_info space = fs::space(folder, error);
  if (error)
    return {Status::kWarning, name, place + ": free space unknown: " + error.message(), "look at it with df"};
  DoctorCheck check{Status::kOk, name,
                    place + " is writable, " + gib(static_cast<double>(space.available)) + " free", ""};
  if (static_cast<double>(space.available) < kWantedDiskGib * kGib) {
    check.status = Status::kWarning;
    check.remedy = "make room, or write to another disk";
  }
  return check;
}

std::vector<DoctorCheck> check_codecs() {
  constexpr std::array<std::pair<const char*, const char*>, 6> kKinds = {{{"clip.mp4", "mp4 (libx264)"},
                                                                          {"clip.webm", "webm (libvpx-vp9)"},
                                                                          {"clip.mkv", "mkv (ffv1)"},
                                                                          {"clip.gif", "gif"},
                                                                          {"clip.webp", "webp (libwebp)"},
                                                                          {"clip_%03d.png", "png frames"}}};
  std::vector<DoctorCheck> checks;
  const TemporaryFolder folder;
  for (const auto& [file, name] : kKinds) {
    try {
      io::write_video(small_clip(), folder.path() / file, {});
      checks.push_back({Status::kOk, name, "can be written", ""});
    } catch (const std::exception& error) {
      checks.push_back({Status::kFailed, name, error.what(), "install FFmpeg: apt-get install ffmpeg"});
    }
  }
  return checks;
}

std::string check_line(const DoctorCheck& check) {
  std::string word(status_word(check.status));
  word.resize(8, ' ');
  const Tint tint = check.status == Status::kOk        ? Tint::kGreen
                    : check.status == Status::kWarning ? Tint::kYellow
                                                       : Tint::kRed;
  const std::string line = tinted(word, tint) + check.name + ": " + check.text;
  return check.remedy.empty() ? line : line + "\n        -> " + check.remedy;
}

std::string checks_json(const std::vector<DoctorCheck>& checks) {
  nlohmann::ordered_json json;
  json["checks"] = nlohmann::ordered_json::array();
  for (const DoctorCheck& check : checks) {
    nlohmann::ordered_json one;
    one["name"] = check.name;
    one["status"] = status_word(check.status);
    one["text"] = check.text;
    one["remedy"] = check.remedy;
    json["checks"].push_back(std::move(one));
  }
  json["ok"] = is_healthy(checks);
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_healthy(const std::vector<DoctorCheck>& checks) {
  return std::none_of(checks.begin(), checks.end(),
                      [](const DoctorCheck& check) { return check.status == Status::kFailed; });
}

}  // namespace sfv::cli
