#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "sfv/core/generate_options.h"

namespace sfv::cli {

/// What the clip looks like, as the user typed it.
struct ClipOptions {
  std::optional<int64_t> frames;
  std::optional<int64_t> fps;
  std::string size;
  std::string fit;
  std::optional<double> motion;
  std::optional<double> noise_aug;
  std::string sampler;
  std::optional<int64_t> steps;
  std::string guidance;
  std::string sigmas;
  std::string decoder = "vae";
  std::optional<int64_t> decode_chunk;
};

/// Adds the options of the groups "Clip" and "Sampling".
void add_clip_options(CLI::App& command, ClipOptions& options);

/// The same, parsed; what the user left out stays open for the model to fill. Errors: kInvalidArgument.
[[nodiscard]] GenerateOptions to_generate_options(const ClipOptions& options);

}  // namespace sfv::cli
