#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sfv::cli {

/// One clip to make.
struct ClipJob {
  std::filesystem::path image;
  uint64_t seed = 0;
  std::filesystem::path output;
};

/// One job for each photo and seed, photos outermost, with the output each goes to:
///   a pattern with {name} (the photo's name without ending), {seed} or {index} (of the job, from 1): filled
///   in a folder, when there are several jobs, or the folder exists or the text ends in "/":
///   FOLDER/{name}.mp4, or FOLDER/{name}_{seed}.mp4 when there are several seeds. A folder that holds a
///   clip's frames counts as that clip. else: the clip itself (one job only), by the endings of
///   io::video_format.
/// Errors: kInvalidArgument for a single file for several jobs, an unknown {placeholder}, or two jobs with
/// the same output (both named); kUnsupported for an ending that cannot be written.
[[nodiscard]] std::vector<ClipJob> plan_jobs(const std::vector<std::filesystem::path>& images,
                                             const std::vector<uint64_t>& seeds, const std::string& output);

/// What to do about outputs that exist already.
enum class ExistingOutput { kRefuse, kOverwrite, kResume };

/// Whether something lies at the output's name: a file, a frame of a pattern, or a folder with frames.
[[nodiscard]] bool output_exists(const std::filesystem::path& output);

/// Errors before any work: kAlreadyExists naming the first outputs, --overwrite and --resume (only for
/// kRefuse); kNotFound and kPermission for folders that cannot be written to.
void check_outputs(const std::vector<ClipJob>& jobs, ExistingOutput existing);

}  // namespace sfv::cli
