#pragma once

#include <cstdint>

#include "sfv/core/generate_options.h"

namespace sfv {

/// Whether a clip is guided: the network then runs twice a step, with the conditions and without. Source:
/// svd.md section 4.4, diffusers' do_classifier_free_guidance.
[[nodiscard]] bool is_guided(const GenerateSettings& settings);

/// Evaluations of the UNet that a clip takes: one a step, two where it is guided.
[[nodiscard]] int64_t evaluations_of(const GenerateSettings& settings);

}  // namespace sfv
