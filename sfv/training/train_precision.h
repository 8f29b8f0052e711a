#pragma once

#include <torch/types.h>

#include "sfv/training/recipe.h"

namespace sfv::training {

/// What products of the networks that train are computed in. Weights, gradients, moments, averages and losses
/// are float32 in any case.
[[nodiscard]] at::ScalarType trained_dtype(const Recipe& recipe);

/// What those of frozen networks are computed in. Networks that no checkpoint holds, a teacher and the
/// discriminator's encoder, are kept in it, too; the VAE and the image encoder keep their weights as loaded,
/// since each checkpoint's model has them.
[[nodiscard]] at::ScalarType frozen_dtype(const Recipe& recipe);

}  // namespace sfv::training
