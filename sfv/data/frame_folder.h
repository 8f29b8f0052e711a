#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::data {

/// True for .png, .jpg and .jpeg in any case.
[[nodiscard]] bool is_frame_name(const std::filesystem::path& path);

/// The number that a picture's name ends with ("walk_0012.png": 12); none without one, or beyond 18 digits.
[[nodiscard]] std::optional<int64_t> frame_number(const std::filesystem::path& path);

/// The numbered pictures of a folder, by number. Empty if there are none. Errors: kPermission, kIo.
[[nodiscard]] std::vector<std::filesystem::path> list_frames(const std::filesystem::path& folder);

/// Throws kInvalidFile, naming the folder and the number, unless the numbers go up in equal steps: a missing
/// picture would be a jump in time.
void check_frame_numbers(const std::filesystem::path& folder, std::span<const std::filesystem::path> frames);

/// The pictures with these indices (not numbers), each loaded once however often it is named.
/// Errors: kInvalidArgument for an index out of range; kInvalidFile for pictures of different sizes and for
/// more than 2^30 pixels in all; those of io::load_image.
[[nodiscard]] std::vector<RgbImage> load_frames(std::span<const std::filesystem::path> frames,
                                                std::span<const int64_t> indices);

}  // namespace sfv::data
