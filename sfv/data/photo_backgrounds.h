#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "sfv/data/backgrounds.h"

namespace sfv::data {

/// Photos from files, scaled with Pillow's Lanczos. Scaled photos are kept, at most 256 MiB in all; beyond
/// that they are read anew each time.
class PhotoBackgrounds : public Backgrounds {
 public:
  /// Nothing is opened yet. Errors: kInvalidArgument for an empty list.
  explicit PhotoBackgrounds(std::vector<std::filesystem::path> photos);
  ~PhotoBackgrounds() override;

  [[nodiscard]] int64_t size() const override;
  [[nodiscard]] std::shared_ptr<const RgbImage> load(int64_t photo, int64_t height,
                                                     int64_t min_width) const override;

 private:
  class Kept;
  std::vector<std::filesystem::path> photos_;
  std::unique_ptr<Kept> kept_;
};

/// The pictures (.png .jpg .jpeg .webp) of a folder, in natural order, not those of folders below; a file is
/// itself. Errors: kNotFound for a folder without pictures; kPermission, kIo.
[[nodiscard]] std::vector<std::filesystem::path> list_photos(const std::filesystem::path& path);

}  // namespace sfv::data
