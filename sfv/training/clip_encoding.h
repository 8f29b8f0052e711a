#pragma once

#include <torch/types.h>

#include "sfv/checkpoint/model.h"
#include "sfv/core/rgb_image.h"
#include "sfv/data/clip_source.h"

// What the frozen networks make of a clip and no random number touches: made anew in each step, or once for a
// latent cache; the same functions, so that both give the same numbers.

namespace sfv::training {

/// The mode of the VAE's posterior, not scaled. pixels: [F, 3, H, W], -1..1, on any device. Returns float32
/// [F, C, h, w] on the model's device.
[[nodiscard]] torch::Tensor encode_clip_latents(checkpoint::Model& model, const torch::Tensor& pixels);

/// CLIP's token of the condition picture: float32 [1, X] on the model's device. Errors: kNotFinite.
[[nodiscard]] torch::Tensor encode_picture(checkpoint::Model& model, const RgbImage& picture);

/// Both, for a cache. Errors: kNotFinite.
[[nodiscard]] data::EncodedClip encode_clip(checkpoint::Model& model, const data::TrainingClip& clip);

}  // namespace sfv::training
