#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "sfv/core/rgb_image.h"
#include "sfv/io/video_reader.h"
#include "sfv/io/video_times.h"

namespace sfv::io {

enum class VideoSourceKind { kFrames, kWebp, kContainer };

/// Which reader a path belongs to: by what is there (a folder, a pattern of frames) and by a file's first
/// bytes. Errors: those of MappedFile.
[[nodiscard]] VideoSourceKind video_source_kind(const std::filesystem::path& path);

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

/// scan_video_times and read_video_frames for each kind of source that has times. Errors: as those.
[[nodiscard]] VideoTimes scan_container_times(const std::filesystem::path& path);
[[nodiscard]] Clip read_container_frames(const std::filesystem::path& path, const VideoTimes& times,
                                         std::span<const int64_t> numbers);
[[nodiscard]] VideoTimes scan_webp_times(const std::filesystem::path& path);
[[nodiscard]] Clip read_webp_frames(const std::filesystem::path& path, std::span<const int64_t> numbers);

}  // namespace sfv::io
