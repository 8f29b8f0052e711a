// write_video: checks, then one format's writer into temporary files, then all names at once.
#include "sfv/io/video_writer.h"

#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/image.h"
#include "sfv/io/video_formats.h"
#include "sfv/io/video_frame_names.h"
#include "sfv/io/video_metadata.h"
#include "sfv/io/video_rate.h"

namespace sfv::io {
namespace {

void check_clip(const Clip& clip, const std::string& name) {
  SFV_CHECK(!clip.frames.empty(), kInvalidArgument, "[write_video] ", name,
            ": a clip needs at least one frame");
  const RgbImage& first = clip.frames.front();
  SFV_CHECK(first.width > 0 && first.height > 0 && first.width <= kMaxPixels / first.height, kInvalidArgument,
            "[write_video] ", name, ": pictures of ", first.width, "x", first.height, " cannot be written");
  const auto bytes = static_cast<size_t>(first.width * first.height * 3);
  for (const RgbImage& frame : clip.frames) {
    SFV_CHECK(frame.width == first.width && frame.height == first.height && frame.rgb.size() == bytes,
              kInvalidArgument, "[write_video] ", name, ": expected frames of one size, ", first.width, "x",
              first.height, ", got one of ", frame.width, "x", frame.height);
  }
  (void)frame_rate(clip.fps, name);
}

bool has_sidecar(VideoFormat format) {
  return format == VideoFormat::kGif || format == VideoFormat::kWebp;
}

void refuse_existing(const std::filesystem::path& path) {
  // symlink_status: a dangling link would be replaced too.
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  if (!std::filesystem::exists(status)) return;
  throw Error(
      ErrorCode::kAlreadyExists,
      concat(
          "[write_video] ", path.string(),
          " exists already; choose another name, or give --overwrite to replace it or --resume to skip it"));
}

/// Everything that write_video would replace must be absent.
void check_outputs(const std::filesystem::path& path, VideoFormat format, const VideoWriteOptions& options) {
  if (format == VideoFormat::kPngFrames) {
    const bool is_file = !FrameNames::is_pattern(path) && std::filesystem::exists(path) &&
                         !std::filesystem::is_directory(path);
    SFV_CHECK(
        !is_file, kAlreadyExists, "[write_video] ", path.string(),
        ": expected a folder for PNG frames, found a file; a video's name needs an ending such as .mp4");
    if (options.overwrite) return;
    const auto frames = FrameNames(path).existing();
    if (!frames.empty()) refuse_existing(frames.begin()->second);
  } else if (!options.overwrite) {
    refuse_existing(path);
    if (has_sidecar(format) && !options.metadata.empty()) refuse_existing(sidecar_path(path));
  }
  if (!options.overwrite && !options.thumbnail.empty()) refuse_existing(options.thumbnail);
}

/// Files that get their names together: when one cannot, those before it are removed again.
class FileSet {
 public:
  ~FileSet() {
    std::error_code ignored;
    for (const std::filesystem::path& path : named_) std::filesystem::remove(path, ignored);
  }
  AtomicFile& add(const std::filesystem::path& path) {
    paths_.push_back(path);
    return files_.emplace_back(path);
  }
  void commit() {
    for (size_t i = 0; i < files_.size(); ++i) {
      files_[i].commit();
      named_.push_back(paths_[i]);
    }
  }
  void keep() { named_.clear(); }

 private:
  std::vector<std::filesystem::path> paths_;
  std::vector<AtomicFile> files_;
  std::vector<std::filesystem::path> named_;
};

void write_file(const VideoJob& job, AtomicFile& file) {
  if (job.format == VideoFormat::kWebp) {
    file.write(encode_webp(job));
  } else if (job.format == VideoFormat::kGif) {
    write_gif(job, file.temporary_path());
  } else {
    write_container(job, file.temporary_path());
  }
}

}  // namespace

void write_video(const Clip& clip, const std::filesystem::path& path, const VideoWriteOptions& options,
                 const CancelToken* cancel) {
  const VideoFormat format = video_format(path);
  const VideoJob job{
      .clip = clip, .options = options, .format = format, .name = path.string(), .cancel = cancel};
  check_clip(clip, job.name);
  SFV_CHECK(options.metadata.size() <= kMaxMetadataBytes && options.metadata.find('\0') == std::string::npos,
            kInvalidArgument, "[write_video] ", job.name,
            ": expected metadata without zero bytes, of at most ", kMaxMetadataBytes, " bytes, got ",
            options.metadata.size());
  check_outputs(path, format, options);
  job.throw_if_cancelled();

  // The clip itself gets its name last: who sees it finds the rest beside it.
  FileSet files;
  if (!options.thumbnail.empty()) files.add(options.thumbnail).write(encode_png(clip.frames.front()));
  if (has_sidecar(format) && !options.metadata.empty()) files.add(sidecar_path(path)).write(options.metadata);
  if (format == VideoFormat::kPngFrames) {
    write_frames(job, path, [&] { files.commit(); });
  } else {
    write_file(job, files.add(path));
    job.throw_if_cancelled();
    files.commit();
    if (has_sidecar(format) && options.metadata.empty()) {
      // Of the clip that was replaced.
      std::error_code ignored;
      std::filesystem::remove(sidecar_path(path), ignored);
    }
  }
  files.keep();
}

}  // namespace sfv::io
