#pragma once

#include <memory>

#include "sfv/checkpoint/model.h"
#include "sfv/data/clip_source.h"
#include "sfv/training/recipe.h"

namespace sfv::training {

/// The clips that a recipe trains on, or others of the same kind that it does not: drawn clips of another
/// seed; of files the same items from their beginning, never mirrored; of a cache the same clips. model: the
/// one that is to be trained, whose encoders a cache must have been made by; null: not checked, for those who
/// only look at first frames. Errors: those of the sources; those of check_cache_key; kUnsupported without
/// FFmpeg.
[[nodiscard]] std::unique_ptr<data::ClipSource> open_source(const DataOptions& options, bool is_held_out,
                                                            const checkpoint::Model* model = nullptr);

}  // namespace sfv::training
