#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "sfv/io/video_file.h"

namespace sfv::io {

/// "mp4", "mov", "webm", "mkv", "gif", or FFmpeg's first name of the container.
[[nodiscard]] std::string container_name(const VideoFile& file);

/// Frames per second on average; 0 if the file does not say.
[[nodiscard]] double stream_rate(const VideoFile& file);

/// True when a file that ended without an error was cut all the same, between two frames: fewer frames came
/// than it announces by count, or less time than it announces (rounded, and rates are averages: a tenth may
/// be missing), or a GIF lacks its end. frames: how many came. seconds: when the last one ends; 0: unknown,
/// frames at the average rate.
[[nodiscard]] bool ends_early(const VideoFile& file, size_t frames, double seconds = 0);

/// The 9 numbers of the stream's display matrix (apply_display_matrix), borrowed from the file; null: none.
[[nodiscard]] const int32_t* display_matrix(const VideoFile& file);

}  // namespace sfv::io
