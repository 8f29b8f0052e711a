#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sfv/core/cancel.h"

namespace sfv::cli {

class ProgressDisplay;

struct ModelsRequest {
  std::string recipe;                  // whose data and conditioning count
  std::vector<std::string> overrides;  // KEY=VALUE
  std::vector<std::string> models;     // [LABEL=]MODEL[@STEPS[:SAMPLER[:GUIDANCE]]]
  std::string out;                     // folder: rows/, models.json, sheet.png
  int64_t clips = 512;                 // N of each set
  int64_t spread_frames = 16;          // first frames whose noises are compared
  int64_t noises = 16;                 // of each of them
  int64_t sheet_clips = 4;
  int64_t batch = 16;  // clips generated at once
  uint64_t seed = 0;
  std::string device = "auto";
  std::string dtype = "fp32";
  int threads = 0;
};

/// Measures held-out clips and what each model makes of their first frames; see docs/evaluation.md. Finished
/// rows are kept in the folder and taken from there the next time. Returns {protocol, floor, rows}.
/// Errors: those of recipe, data and models; kCancelled.
[[nodiscard]] nlohmann::ordered_json evaluate_models(const ModelsRequest& request, ProgressDisplay& display,
                                                     const CancelToken& cancel);

}  // namespace sfv::cli
