#pragma once

#include <cstdint>
#include <filesystem>

#include "sfv/core/rgb_image.h"
#include "sfv/io/video_reader.h"

namespace sfv::io {

/// The most pixels that all frames of one read may have together (3 GiB as RGB): a few bytes of a hostile
/// file can ask for any number of large frames.
inline constexpr int64_t kMaxClipPixels = int64_t{1} << 30;

/// Errors: kInvalidFile when `frames` frames of this size are beyond kMaxClipPixels.
void check_clip_size(int64_t width, int64_t height, int64_t frames, const std::filesystem::path& path);

/// probe_video and read_video for each kind of source. Errors: as those.
[[nodiscard]] VideoInfo probe_container(const std::filesystem::path& path);
[[nodiscard]] Clip read_container(const std::filesystem::path& path, int64_t max_frames);
[[nodiscard]] VideoInfo probe_webp(const std::filesystem::path& path);
[[nodiscard]] Clip read_webp(const std::filesystem::path& path, int64_t max_frames);
/// path: a pattern, a folder, or one PNG file.
[[nodiscard]] VideoInfo probe_frames(const std::filesystem::path& path);
[[nodiscard]] Clip read_frames(const std::filesystem::path& path, int64_t max_frames);

}  // namespace sfv::io
