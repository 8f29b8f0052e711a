#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/sfv/clip_jobs.h"
#include "apps/sfv/clip_record.h"
#include "apps/sfv/engine.h"
#include "apps/sfv/progress_display.h"
#include "sfv/core/cancel.h"
#include "sfv/core/error.h"

namespace sfv::cli {

/// What all clips of a call share.
struct BatchOptions {
  GenerateOptions generate;  // each job brings its own seed
  int64_t chain = 1;         // clips joined, the last frame of one being the photo of the next
  ExistingOutput existing = ExistingOutput::kRefuse;
  int crf = 18;
  bool metadata = true;
  bool thumbnail = false;  // also NAME.png beside the clip
  ResearchFiles files;
};

/// What became of one job.
struct ClipOutcome {
  enum class Status { kDone, kSkipped, kFailed } status = Status::kFailed;
  ClipJob job;
  std::optional<ClipRecord> record;  // of a clip that was made
  std::optional<Error> error;        // of a clip that failed
  bool is_static = false;            // every frame equals the photo
  double seconds = 0;                // from reading the photo to the written file
};

/// Gives the engine, loading it at the first call. Errors end the whole batch.
using EngineSource = std::function<Engine&()>;

/// Makes the clips one after the other with one engine; files are written and photos read beside the
/// networks. A job that fails is reported in its outcome and does not stop the others; a model that cannot be
/// loaded, settings that are invalid with it, and kCancelled end the batch. Outputs appear whole or not at
/// all.
[[nodiscard]] std::vector<ClipOutcome> make_clips(const std::vector<ClipJob>& jobs,
                                                  const BatchOptions& options, const EngineSource& engine,
                                                  ProgressDisplay& display,
                                                  const std::function<void(const ClipOutcome&)>& on_outcome,
                                                  const CancelToken& cancel);

/// The thumbnail's name beside a clip: "clip.png" for "clip.mp4"; inside a folder of frames' parent,
/// "frames.png".
[[nodiscard]] std::filesystem::path thumbnail_path(const std::filesystem::path& output);

}  // namespace sfv::cli
