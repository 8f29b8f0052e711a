#pragma once

#include <string>
#include <vector>

#include "apps/sfv/clip_batch.h"

namespace sfv::cli {

/// One line for a person: "cat.jpg -> cat.mp4: 14 frames of 1024x576, seed 42, motion 3.1, 12.3 s".
[[nodiscard]] std::string outcome_line(const ClipOutcome& outcome);

/// {"clips": […], "done": …, "skipped": …, "failed": …}, indented by 2; see docs/cli.md.
[[nodiscard]] std::string outcomes_json(const std::vector<ClipOutcome>& outcomes);

/// "3 clips done, 1 skipped, 2 failed".
[[nodiscard]] std::string outcomes_line(const std::vector<ClipOutcome>& outcomes);

[[nodiscard]] size_t count_failed(const std::vector<ClipOutcome>& outcomes);

}  // namespace sfv::cli
