#pragma once

#include <vector>

#include "apps/sfv/clip_batch.h"
#include "apps/sfv/command.h"

namespace sfv::cli {

/// What the user sees of a batch.
struct SessionOptions {
  bool json = false;
  bool quiet = false;
};

/// Makes the clips with a model that is loaded when the first photo has been read, with progress, notes and
/// warnings on stderr and the outputs' names (or one JSON object) on stdout. Returns the exit code: 0, or 1
/// if some clip failed. The failure of the only clip is thrown as it is. before_first: called with the loaded
/// engine before the first clip; may throw to refuse.
[[nodiscard]] int run_batch(const std::vector<ClipJob>& jobs, const BatchOptions& options,
                            const EngineOptions& engine_options, const SessionOptions& session,
                            const std::function<void(const EngineIdentity&)>& before_first,
                            const CommandContext& context);

}  // namespace sfv::cli
