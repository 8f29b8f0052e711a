#pragma once

#include <filesystem>
#include <string>

#include "apps/sfv/clip_record.h"

namespace sfv::cli {

/// Whether `sfv info NAME` is about a clip and not about a model: a file with the ending of a video or
/// picture, a pattern of PNG frames, or a folder that holds such frames.
[[nodiscard]] bool is_clip(const std::filesystem::path& path);

/// The record stored in a clip. Errors: those of io::probe_video and parse_record; kUnsupported if there is
/// none.
[[nodiscard]] ClipRecord read_clip_record(const std::filesystem::path& clip);

/// Prints what a clip is and how it was made on stdout: "key: value" lines, or {"clip": …, "record": …} as
/// JSON (record is null in a clip without one). Errors: those of io::probe_video.
void print_clip_info(const std::filesystem::path& clip, bool json);

}  // namespace sfv::cli
