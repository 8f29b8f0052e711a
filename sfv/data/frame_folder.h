#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::data {

/// The pictures with these indices in `frames` (not their numbers), ascending, may repeat; each is loaded
/// once. Errors: kInvalidArgument for an index out of range; kInvalidFile for pictures of different sizes and
/// for more than io::kMaxClipPixels in all; those of io::load_image.
[[nodiscard]] std::vector<RgbImage> load_frames(std::span<const std::filesystem::path> frames,
                                                std::span<const int64_t> indices);

}  // namespace sfv::data
