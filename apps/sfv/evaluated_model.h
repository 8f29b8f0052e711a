#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sfv/core/generate_options.h"

namespace sfv::cli {

/// One row of the table of `sfv eval models`: a model and how it is sampled.
struct EvaluatedModel {
  std::string label;  // what the row is called
  std::string model;  // folder, file or org/name
  std::optional<int64_t> steps;
  std::optional<SamplerKind> sampler;
  std::optional<GuidanceRange> guidance;
};

/// Reads "[LABEL=]MODEL[@STEPS[:SAMPLER[:GUIDANCE]]]", GUIDANCE as MIN[:MAX]. A label has no slash; without
/// one the row is called as the argument says, less "LABEL=". What the argument leaves open is the model's
/// own; of STEPS alone, 1 is one-step and more are euler. Errors: kInvalidArgument for an empty model, steps
/// that are no number from 1 to 1000, an unknown sampler, a guidance out of range.
[[nodiscard]] EvaluatedModel parse_evaluated_model(const std::string& text);

}  // namespace sfv::cli
