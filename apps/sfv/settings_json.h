#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sfv/core/generate_options.h"

namespace sfv::cli {

/// The settings as an object with the keys of sfv.json, decoder, decode_chunk and seed.
[[nodiscard]] nlohmann::ordered_json settings_to_json(const GenerateSettings& settings);

}  // namespace sfv::cli
