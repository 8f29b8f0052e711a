#pragma once

#include <memory>

#include "sfv/data/clip_source.h"
#include "sfv/training/recipe.h"

namespace sfv::training {

/// The clips that a recipe trains on, or others of the same kind that it does not: drawn clips of another
/// seed; of files the same items from their beginning, never mirrored. Errors: those of the sources;
/// kUnsupported without FFmpeg.
[[nodiscard]] std::unique_ptr<data::ClipSource> open_source(const DataOptions& options, bool is_held_out);

}  // namespace sfv::training
