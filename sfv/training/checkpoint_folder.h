#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sfv/io/temporary_folder.h"

// Checkpoints of a run: RUN/checkpoint-N, complete from the moment the name is there, and RUN/latest, a link
// to the newest. Any process may be killed at any moment: what it was writing lies under a hidden name, and
// the checkpoints before it are untouched.

namespace sfv::training {

struct Checkpoint {
  int64_t step = 0;  // finished iterations
  std::filesystem::path folder;
};

/// How far a save has come; a test injects a delay or a failure there.
enum class SavePoint {
  kWritten,   // files are written, not yet synced
  kListed,    // synced, and the manifest stands
  kRenamed,   // checkpoint-N is there, `latest` is still the one before
  kFinished,  // `latest` moved; old ones are not yet removed
};

/// One checkpoint in the making. Files are written below path(); without commit() all of it vanishes.
class CheckpointWriter {
 public:
  /// Errors: kNotFound (no run folder), kPermission, kNoSpace, kIo.
  CheckpointWriter(std::filesystem::path run, int64_t step);

  [[nodiscard]] const std::filesystem::path& path() const { return folder_->path(); }
  /// Syncs every file, writes the manifest, gives the folder its name (in place of an older checkpoint of the
  /// same step), moves `latest` and removes the oldest checkpoints until `keep` are left, this one among
  /// them; what cannot be removed is told to the log. at: called at each point, may be empty, may throw.
  /// Errors: those of the constructor; the checkpoints before this one are then as they were.
  void commit(int64_t keep, const std::function<void(SavePoint)>& at = {});

 private:
  std::filesystem::path run_;
  int64_t step_;
  std::unique_ptr<io::TemporaryFolder> folder_;
};

/// Every checkpoint-N of a run, whole or not, lowest step first. Errors: kNotFound, kPermission, kIo.
[[nodiscard]] std::vector<Checkpoint> list_checkpoints(const std::filesystem::path& run);

/// The newest checkpoint that is whole, by its manifest. One that is broken is told to the log as a warning,
/// with the reason, and the one before is tried. Nothing if there is no checkpoint at all.
/// Errors: kInvalidFile if there are checkpoints and none is whole; those of list_checkpoints.
[[nodiscard]] std::optional<Checkpoint> find_newest_checkpoint(const std::filesystem::path& run);

/// The checkpoint in this folder (checkpoint-N, or the link `latest`).
/// Errors: kNotFound if it is absent, kInvalidFile if it is broken: those of verify_manifest.
[[nodiscard]] Checkpoint open_checkpoint(const std::filesystem::path& folder);

/// Call once before a run goes on from `step`. Removes what killed saves left behind, and renames checkpoints
/// of later steps (broken, or of a future that the run gives up) to set-aside-checkpoint-N, so that they are
/// neither resumed from nor counted by `keep`; each is told to the log. Errors: kPermission, kIo.
void prepare_resume(const std::filesystem::path& run, int64_t step);

}  // namespace sfv::training
