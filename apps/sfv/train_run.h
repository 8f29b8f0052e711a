#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sfv/core/cancel.h"
#include "sfv/distributed/ranks.h"

namespace sfv::cli {

class ProgressDisplay;

struct TrainRequest {
  std::string recipe;  // file; may be empty when a run is resumed, whose own recipe then counts
  std::vector<std::string> overrides;  // KEY=VALUE
  std::string run;                     // folder; empty: runs/NAME, filled in
  std::string resume;                  // "", "latest" or a checkpoint's folder
  std::string device = "auto";
};

struct TrainOutcome {
  int64_t iterations = 0;  // finished
  int64_t wanted = 0;
  std::optional<int> stop_reason;  // of the token, of any rank, that ended it before the last iteration
  int64_t skipped = 0;             // broken items of the data, in this sitting
  std::filesystem::path model;     // of the newest checkpoint
};

/// Prepares the run folder, loads or initialises the model, trains; all ranks call it. Errors: kAlreadyExists
/// for a run that is there and not to be resumed; those of recipe, model, data and training.
[[nodiscard]] TrainOutcome run_training(const TrainRequest& request, ProgressDisplay& display,
                                        const CancelToken& cancel, distributed::Ranks& ranks);

}  // namespace sfv::cli
