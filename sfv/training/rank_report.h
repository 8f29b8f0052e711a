#pragma once

#include <string>
#include <vector>

#include "sfv/training/training_stage.h"

// What a rank tells rank 0 after an iteration: sums of its figures, and notes in words. Bytes for ranks of
// one build: numbers as they lie in memory.

namespace sfv::training {

[[nodiscard]] std::string to_report(const MetricMeans& means, const std::vector<std::string>& notes);

/// Adds the report's sums to `means`, in the order of the names; returns its notes. Errors: kInternal for a
/// report that is cut short.
[[nodiscard]] std::vector<std::string> add_report(const std::string& report, MetricMeans& means);

}  // namespace sfv::training
