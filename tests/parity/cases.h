#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/parity/networks.h"

namespace sfv::parity {

/// cases.json, with the names of configs replaced by the configs.
[[nodiscard]] std::vector<nlohmann::json> load_cases(const std::filesystem::path& path);

/// The tensors of one case, on the CPU in float32 under the names that reference.py gives them.
/// Errors: kNotFound if it needs a file of the shared data that is absent; kInvalidArgument for an unknown
/// network.
[[nodiscard]] Tensors run_case(const nlohmann::json& test_case, const RunOptions& options);

}  // namespace sfv::parity
