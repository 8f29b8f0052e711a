#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace sfv::io {

/// The names of a clip's numbered PNG frames: those of a pattern ("walk_%03d.png"), or "000.png" and so on in
/// a folder.
class FrameNames {
 public:
  /// True for a file name ending in .png with one %d or %0Nd (N from 1 to 9) and no other percent sign.
  [[nodiscard]] static bool is_pattern(const std::filesystem::path& path);

  /// path: a pattern, or a folder (existing or not). Frames of a folder are named with "%03d.png".
  explicit FrameNames(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// The file name (without folder) of frame `number`, >= 0.
  [[nodiscard]] std::string name(int64_t number) const;
  /// The number in a file name that name() could have made, else nothing.
  [[nodiscard]] std::optional<int64_t> number(const std::string& name) const;
  /// Number and path of every frame that exists. Empty where the folder does not exist. Errors: kPermission,
  /// kIo.
  [[nodiscard]] std::map<int64_t, std::filesystem::path> existing() const;

 private:
  std::filesystem::path folder_;
  std::string before_;
  std::string after_ = ".png";
  size_t width_ = 3;  // digits at least, filled with zeros
};

}  // namespace sfv::io
