#include "apps/sfv/clip_jobs.h"

#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>

#include "sfv/core/check.h"
#include "sfv/io/video_frame_names.h"
#include "sfv/io/video_writer.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;

bool holds_frames(const fs::path& folder) {
  return fs::is_directory(folder) && !io::FrameNames(folder).existing().empty();
}

std::string fill_in(const std::string& pattern, const ClipJob& job, size_t index) {
  std::string text;
  for (size_t at = 0; at < pattern.size();) {
    const size_t close = pattern[at] == '{' ? pattern.find('}', at) : std::string::npos;
    if (close == std::string::npos) {
      text += pattern[at++];
      continue;
    }
    const std::string word = pattern.substr(at + 1, close - at - 1);
    if (word == "name") {
      text += job.image.stem().string();
    } else if (word == "seed") {
      text += std::to_string(job.seed);
    } else if (word == "index") {
      text += std::to_string(index);
    } else {
      throw Error(ErrorCode::kInvalidArgument,
                  "[output] expected {name}, {seed} or {index} in the output's name, got {" + word + "}");
    }
    at = close + 1;
  }
  return text;
}

bool has_placeholder(const std::string& text) {
  const size_t open = text.find('{');
  return open != std::string::npos && text.find('}', open) != std::string::npos;
}

// The pattern of all outputs; nothing when `output` itself is the one clip.
std::optional<std::string> pattern_for(const std::string& output, size_t jobs, size_t seeds) {
  if (has_placeholder(output)) return output;
  const bool is_file_name = fs::path(output).has_extension() && !fs::is_directory(output);
  SFV_CHECK(jobs == 1 || !is_file_name, kInvalidArgument, "[output] ", output, " is one file, but there are ",
            jobs, " clips to write; give a folder, or a pattern such as {name}_{seed}.mp4");
  const bool is_folder = output.ends_with('/') || (fs::is_directory(output) && !holds_frames(output));
  if (jobs == 1 && !is_folder) return std::nullopt;
  return (fs::path(output) / (seeds > 1 ? "{name}_{seed}.mp4" : "{name}.mp4")).string();
}

// The folder that must be writable for `output` to appear: the nearest that exists.
fs::path nearest_folder(const fs::path& output) {
  fs::path folder = fs::absolute(output).parent_path();
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

}  // namespace

std::vector<ClipJob> plan_jobs(const std::vector<fs::path>& images, const std::vector<uint64_t>& seeds,
                               const std::string& output) {
  SFV_CHECK(!output.empty(), kInvalidArgument,
            "[output] expected a file or folder after -o, got an empty name");
  const auto pattern = pattern_for(output, images.size() * seeds.size(), seeds.size());
  std::vector<ClipJob> jobs;
  std::map<fs::path, size_t> taken;
  for (const fs::path& image : images) {
    for (const uint64_t seed : seeds) {
      ClipJob job{.image = image, .seed = seed, .output = output};
      if (pattern) job.output = fill_in(*pattern, job, jobs.size() + 1);
      static_cast<void>(io::video_format(job.output));
      const auto [other, is_new] = taken.emplace(job.output.lexically_normal(), jobs.size());
      if (!is_new) {
        const ClipJob& first = jobs[other->second];
        throw Error(ErrorCode::kInvalidArgument,
                    concat("[output] ", first.image.string(), " (seed ", first.seed, ") and ", image.string(),
                           " (seed ", seed, ") would both be written to ", job.output.string(),
                           "; give a pattern that tells them apart, such as {index}_{name}_{seed}.mp4"));
      }
      jobs.push_back(std::move(job));
    }
  }
  return jobs;
}

bool output_exists(const fs::path& output) {
  if (io::FrameNames::is_pattern(output)) return !io::FrameNames(output).existing().empty();
  std::error_code error;
  if (fs::is_directory(output, error)) return holds_frames(output);
  return fs::exists(fs::symlink_status(output, error));
}

void check_outputs(const std::vector<ClipJob>& jobs, ExistingOutput existing) {
  std::string names;
  size_t count = 0;
  for (const ClipJob& job : jobs) {
    const fs::path folder = nearest_folder(job.output);
    SFV_CHECK(fs::is_directory(folder), kNotFound, "[output] ", job.output.string(), ": ", folder.string(),
              " is not a folder");
    if (access(folder.c_str(), W_OK | X_OK) != 0) {
      throw system_error(errno, "[output] cannot write " + job.output.string() + " into " + folder.string());
    }
    if (existing != ExistingOutput::kRefuse || !output_exists(job.output)) continue;
    ++count;
    if (count <= 3) names += (names.empty() ? "" : ", ") + job.output.string();
  }
  if (count > 3) names += concat(" and ", count - 3, " more");
  SFV_CHECK(count == 0, kAlreadyExists, "[output] ", names, count == 1 ? " exists" : " exist",
            " already; --overwrite replaces, --resume keeps finished clips and makes the rest");
}

}  // namespace sfv::cli
