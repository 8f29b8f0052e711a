#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace sfv::data {

/// The number that the name of a .png, .jpg or .jpeg (in any case) ends with ("walk_0012.png": 12). None for
/// other files, names without one, and numbers of more than 18 digits.
[[nodiscard]] std::optional<int64_t> frame_number(const std::filesystem::path& path);

/// The numbered pictures of a folder, by number; hidden ones are left out. Errors: kNotFound, kPermission,
/// kIo.
[[nodiscard]] std::vector<std::filesystem::path> list_frames(const std::filesystem::path& folder);

/// Whether a folder is a clip: it holds two or more numbered pictures. False for one that cannot be read.
[[nodiscard]] bool holds_frames(const std::filesystem::path& folder);

/// Throws kInvalidFile, naming the folder and the place, unless the numbers go up in equal steps: a picture
/// that is missing or there twice ("1.png" and "01.png") is a jump in time. frames: as list_frames.
void check_frame_numbers(const std::filesystem::path& folder, std::span<const std::filesystem::path> frames);

}  // namespace sfv::data
