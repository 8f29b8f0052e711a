#pragma once

#include "sfv/checkpoint/config_texts.h"
#include "sfv/training/recipe.h"
#include "sfv/training/train_batch.h"

namespace sfv::training {

/// A micro-batch of grey clips of a recipe's size, from a cache where the recipe reads one: what a step is
/// planned and timed with.
[[nodiscard]] TrainBatch make_blank_batch(const Recipe& recipe, const checkpoint::ModelConfigs& configs);

}  // namespace sfv::training
