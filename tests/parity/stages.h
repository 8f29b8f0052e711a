#pragma once

#include <nlohmann/json.hpp>

#include "tests/parity/networks.h"

namespace sfv::parity {

// What is no single network: schedules and solver steps, CLIP's preprocessing, random draws, the whole
// pipeline. The counterparts of numerics.py and pipeline_case.py.
[[nodiscard]] Tensors run_scheduler(const nlohmann::json& test_case, const RunOptions& options);
[[nodiscard]] Tensors run_preprocess(const nlohmann::json& test_case, const RunOptions& options);
[[nodiscard]] Tensors run_noise(const nlohmann::json& test_case, const RunOptions& options);
[[nodiscard]] Tensors run_pipeline(const nlohmann::json& test_case, const RunOptions& options);

}  // namespace sfv::parity
