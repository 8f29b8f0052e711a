#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "sfv/core/cancel.h"
#include "sfv/core/rgb_image.h"
#include "sfv/io/video_writer.h"

namespace sfv::io {

/// What each format's writer gets. The clip is checked: at least one frame, all of one size, a rate in (0,
/// 1000].
struct VideoJob {
  const Clip& clip;
  const VideoWriteOptions& options;
  VideoFormat format;
  std::string name;           // the output as the caller gave it, for messages
  const CancelToken* cancel;  // may be null

  /// Errors: kCancelled.
  void throw_if_cancelled() const {
    if (cancel != nullptr) cancel->throw_if_cancelled();
  }
};

/// Each writes one file in its format at exactly `file`, an existing temporary file. Errors: as write_video.
void write_container(const VideoJob& job, const std::filesystem::path& file);  // mp4, webm, mkv
void write_gif(const VideoJob& job, const std::filesystem::path& file);
[[nodiscard]] std::string encode_webp(const VideoJob& job);  // the file's bytes

/// Writes numbered PNG frames: a pattern's into its folder, or a new folder, or in place of those of a
/// folder. before_naming: called when all frames are complete, before the first gets its name. Errors: as
/// write_video.
void write_frames(const VideoJob& job, const std::filesystem::path& path,
                  const std::function<void()>& before_naming);

}  // namespace sfv::io
