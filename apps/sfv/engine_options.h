#pragma once

#include <CLI/App.hpp>

#include "apps/sfv/engine.h"

namespace sfv::cli {

/// Adds -m/--model, --unet, --tiny-vae, --device, --dtype, --max-memory, --cuda-graph and --threads, with
/// their environment variables.
void add_engine_options(CLI::App& command, EngineOptions& options);

}  // namespace sfv::cli
