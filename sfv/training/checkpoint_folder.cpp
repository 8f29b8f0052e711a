#include "sfv/training/checkpoint_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/io/sync_folder.h"
#include "sfv/training/checkpoint_manifest.h"

namespace sfv::training {
namespace {

constexpr std::string_view kPrefix = "checkpoint-";
constexpr const char* kLatest = "latest";

std::string name_of(int64_t step) {
  return concat(kPrefix, step);
}

/// The step of "checkpoint-500"; nothing for any other name ("checkpoint-007", "checkpoint-5.bak").
std::optional<int64_t> step_of(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  int64_t step = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), step);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
  return is_whole && step >= 0 && name == std::to_string(step) ? std::optional(step) : std::nullopt;
}

/// What TemporaryFolder, replace() and move_latest() name their half-made things.
bool is_leftover(std::string_view name) {
  return name.starts_with(".checkpoint-") || name.starts_with(".latest.tmp");
}

std::filesystem::path hidden_name(const std::filesystem::path& run, std::string_view what) {
  return run / concat(".", what, ".tmp", ::getpid());
}

/// Removes a folder under a hidden name, so that one that is half removed is never taken for a checkpoint.
void remove_folder(const std::filesystem::path& folder) {
  const std::filesystem::path hidden =
      hidden_name(folder.parent_path(), folder.filename().string() + ".removed");
  std::error_code error;
  std::filesystem::remove_all(hidden, error);
  std::filesystem::rename(folder, hidden, error);
  if (!error) std::filesystem::remove_all(hidden, error);
  if (error) log_warning(concat("[checkpoint] ", folder.string(), ": cannot be removed: ", error.message()));
}

/// Puts the new folder where an older one of that name is. Afterwards `temporary` is the old one or nothing.
void replace(const std::filesystem::path& temporary, const std::filesystem::path& target) {
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) return;
  // Not every file system can swap. Between these two calls the name is free, and the older checkpoints
  // stand.
  const std::filesystem::path hidden =
      hidden_name(target.parent_path(), target.filename().string() + ".replaced");
  std::error_code error;
  std::filesystem::remove_all(hidden, error);
  std::filesystem::rename(target, hidden, error);
  if (!error) std::filesystem::rename(temporary, target, error);
  if (error) throw system_error(error.value(), concat("[checkpoint] ", target.string(), ": replacing"));
  std::filesystem::remove_all(hidden, error);
}

void move_latest(const std::filesystem::path& run, const std::string& name) {
  const std::filesystem::path hidden = hidden_name(run, kLatest);
  std::error_code error;
  std::filesystem::remove(hidden, error);
  std::filesystem::create_symlink(name, hidden, error);
  if (!error) std::filesystem::rename(hidden, run / kLatest, error);
  if (error) {
    throw system_error(error.value(),
                       concat("[checkpoint] ", (run / kLatest).string(), ": linking to ", name));
  }
  io::sync_folder(run);
}

void prune(const std::filesystem::path& run, int64_t newest, int64_t keep) {
  std::vector<Checkpoint> old = list_checkpoints(run);
  std::erase_if(old, [&](const Checkpoint& checkpoint) { return checkpoint.step >= newest; });
  for (size_t i = 0; i + static_cast<size_t>(keep) <= old.size(); ++i) remove_folder(old[i].folder);
}

}  // namespace

CheckpointWriter::CheckpointWriter(std::filesystem::path run, int64_t step)
    : run_(std::move(run)), step_(step) {
  SFV_CHECK(step >= 0, kInvalidArgument, "[checkpoint] expected a step >= 0, found ", step);
  folder_ = std::make_unique<io::TemporaryFolder>(run_ / name_of(step));
}

void CheckpointWriter::commit(int64_t keep, const std::function<void(SavePoint)>& at) {
  SFV_CHECK(keep >= 1, kInvalidArgument, "[checkpoint] keep: expected at least 1, found ", keep);
  const auto reached = [&](SavePoint point) {
    if (at) at(point);
  };
  reached(SavePoint::kWritten);
  io::sync_tree(path());
  write_manifest(path(), step_);
  reached(SavePoint::kListed);
  const std::filesystem::path target = run_ / name_of(step_);
  if (std::filesystem::exists(std::filesystem::symlink_status(target))) {
    replace(path(), target);
  } else {
    folder_->commit();
  }
  io::sync_folder(run_);
  reached(SavePoint::kRenamed);
  move_latest(run_, name_of(step_));
  reached(SavePoint::kFinished);
  prune(run_, step_, keep);
}

std::vector<Checkpoint> list_checkpoints(const std::filesystem::path& run) {
  std::vector<Checkpoint> found;
  std::error_code error;
  for (std::filesystem::directory_iterator at(run, error), end; !error && at != end; at.increment(error)) {
    const auto step = step_of(at->path().filename().string());
    std::error_code ignored;
    if (step && at->is_directory(ignored)) found.push_back({*step, at->path()});
  }
  if (error) throw system_error(error.value(), concat("[checkpoint] ", run.string()));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  return found;
}

std::optional<Checkpoint> find_newest_checkpoint(const std::filesystem::path& run) {
  const std::vector<Checkpoint> all = list_checkpoints(run);
  std::string reasons;
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    try {
      const Checkpoint checkpoint = open_checkpoint(at->folder);
      SFV_CHECK(checkpoint.step == at->step, kInvalidFile, "[checkpoint] ", at->folder.string(),
                ": expected step ", at->step, ", its manifest says ", checkpoint.step);
      return checkpoint;
    } catch (const Error& error) {
      log_warning(concat(error.what(), "; trying the checkpoint before it"));
      reasons += concat("\n  ", error.what());
    }
  }
  SFV_CHECK(all.empty(), kInvalidFile, "[checkpoint] ", run.string(), ": none of its ", all.size(),
            " checkpoints is whole:", reasons);
  return std::nullopt;
}

Checkpoint open_checkpoint(const std::filesystem::path& folder) {
  return {verify_manifest(folder), folder};
}

void prepare_resume(const std::filesystem::path& run, int64_t step) {
  std::vector<std::filesystem::path> leftovers;
  std::error_code error;
  for (std::filesystem::directory_iterator at(run, error), end; !error && at != end; at.increment(error)) {
    if (is_leftover(at->path().filename().string())) leftovers.push_back(at->path());
  }
  if (error) throw system_error(error.value(), concat("[checkpoint] ", run.string()));
  for (const std::filesystem::path& path : leftovers) {
    std::filesystem::remove_all(path, error);
    if (error) throw system_error(error.value(), concat("[checkpoint] ", path.string(), ": removing"));
    log_info(concat("[checkpoint] ", path.string(), ": removed; a save that was cut short"));
  }
  for (const Checkpoint& later : list_checkpoints(run)) {
    if (later.step <= step) continue;
    const std::string name = "set-aside-" + name_of(later.step);
    std::filesystem::path aside = run / name;
    for (int number = 2; std::filesystem::exists(std::filesystem::symlink_status(aside)); ++number) {
      aside = run / concat(name, "-", number);
    }
    std::filesystem::rename(later.folder, aside, error);
    if (error)
      throw system_error(error.value(), concat("[checkpoint] ", later.folder.string(), ": renaming"));
    log_warning(concat("[checkpoint] ", later.folder.string(), ": is of a later step than ", step, "; now ",
                       aside.filename().string()));
  }
  if (std::filesystem::is_directory(run / name_of(step), error)) move_latest(run, name_of(step));
}

}  // namespace sfv::training
