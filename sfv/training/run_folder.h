#pragma once

#include <filesystem>
#include <string>

namespace sfv::training {

/// What a training run's folder holds. Everything else about a checkpoint: checkpoint_folder.h.
inline constexpr const char* kRecipeName = "recipe.toml";            // the resolved recipe
inline constexpr const char* kEnvironmentName = "environment.json";  // machine, versions, command line
inline constexpr const char* kMetricsName = "metrics.jsonl";
inline constexpr const char* kEventFileName = "events.out.tfevents.sfv";  // TensorBoard asks for "tfevents"
inline constexpr const char* kSamplesName = "samples";                    // folder: step-N.png and clips
inline constexpr const char* kReportName = "report.html";

/// A run folder in use. Held as long as the process lives, whatever ends it.
class RunLock {
 public:
  /// Makes the folder if it is not there. Errors: kAlreadyExists if another process trains in it;
  /// kPermission, kNoSpace, kIo.
  explicit RunLock(const std::filesystem::path& run);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace sfv::training
