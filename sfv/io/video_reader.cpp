// read_video and probe_video: which reader a path belongs to, by what is there and by the file's first bytes.
#include "sfv/io/video_reader.h"

#include <string_view>

#include "sfv/core/check.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/video_frame_names.h"
#include "sfv/io/video_sources.h"

namespace sfv::io {
VideoSourceKind video_source_kind(const std::filesystem::path& path) {
  std::error_code error;  // what cannot be looked at is left to MappedFile, which says why
  if (std::filesystem::is_directory(path, error)) return VideoSourceKind::kFrames;
  if (!std::filesystem::exists(path, error) && FrameNames::is_pattern(path)) return VideoSourceKind::kFrames;
  const MappedFile file(path);
  const std::string_view bytes(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  if (bytes.starts_with("\x89PNG\r\n")) return VideoSourceKind::kFrames;
  if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP")
    return VideoSourceKind::kWebp;
  return VideoSourceKind::kContainer;
}

void check_clip_size(int64_t width, int64_t height, int64_t frames, const std::filesystem::path& path) {
  SFV_CHECK(frames <= kMaxClipPixels / (width * height), kInvalidFile, "[read_video] ", path.string(), ": ",
            frames, " frames of ", width, "x", height, " are beyond the limit of ", kMaxClipPixels,
            " pixels; read fewer frames at a time");
}

VideoInfo probe_video(const std::filesystem::path& path) {
  switch (video_source_kind(path)) {
    case VideoSourceKind::kFrames:
      return probe_frames(path);
    case VideoSourceKind::kWebp:
      return probe_webp(path);
    case VideoSourceKind::kContainer:
      break;
  }
  return probe_container(path);
}

Clip read_video(const std::filesystem::path& path, int64_t max_frames) {
  SFV_CHECK(max_frames >= 1, kInvalidArgument, "[read_video] expected at least 1 frame to read, got ",
            max_frames);
  switch (video_source_kind(path)) {
    case VideoSourceKind::kFrames:
      return read_frames(path, max_frames);
    case VideoSourceKind::kWebp:
      return read_webp(path, max_frames);
    case VideoSourceKind::kContainer:
      break;
  }
  return read_container(path, max_frames);
}

}  // namespace sfv::io
