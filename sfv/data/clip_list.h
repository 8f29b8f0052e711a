#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace sfv::data {

/// One thing that clips are cut from: a video, a one-file animation, or a folder of numbered pictures, or a
/// part of one of these.
struct ClipItem {
  std::filesystem::path path;
  std::optional<double> start = {};    // seconds from the first frame, >= 0; none: from the beginning
  std::optional<double> end = {};      // seconds, > start; none: to the end
  std::optional<double> fps = {};      // rate of a picture folder, in (0, 1000]; none: that of the clips
  std::optional<int64_t> motion = {};  // motion bucket to use instead of the measured one, 0 … 255
};

/// Reads a manifest: JSON Lines, one object a line with the keys "path" (required), "start", "end" (seconds),
/// "fps" and "motion" as above. Relative paths count from the manifest's folder. Empty lines are left out.
/// Errors: kInvalidFile and kInvalidArgument for an unknown key, a missing path, a value out of range, a line
/// of more than 64 KiB, more than 10,000,000 lines and no item at all, each naming file and line; those of
/// opening the file.
[[nodiscard]] std::vector<ClipItem> read_manifest(const std::filesystem::path& manifest);

/// Everything below a folder that clips can be cut from, in natural order of the paths ("clip2" before
/// "clip10"): files that end like a video or an animation (.mp4 .mov .mkv .webm .avi .gif .webp and others),
/// and folders that hold two or more numbered pictures (frame_names.h); such a folder is one item, its
/// pictures are none. Hidden files and folders are left out, links to folders are not followed. Nothing is
/// opened: whether a file is what its name says is found when it is read. Errors: kNotFound when there is
/// nothing; kPermission, kIo.
[[nodiscard]] std::vector<ClipItem> discover_clips(const std::filesystem::path& folder);

/// A folder, a .jsonl manifest, or one video or picture folder's items: what "data" in a recipe may name.
/// A folder that itself holds numbered pictures is one item. Errors: as the two above; kNotFound.
[[nodiscard]] std::vector<ClipItem> list_clips(const std::filesystem::path& path);

}  // namespace sfv::data
