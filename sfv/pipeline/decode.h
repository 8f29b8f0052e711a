#pragma once

#include <torch/types.h>

#include "sfv/checkpoint/model.h"
#include "sfv/core/generate_options.h"
#include "sfv/core/rgb_image.h"

namespace sfv::pipeline {

/// latents [1, F, C, h, w] as the UNet made them, to pixels float32 [1, F, 3, H, W], about -1..1, not
/// clamped. Decoded in slices of settings.decode_chunk frames with diffusers' semantics: a slice knows
/// nothing of the others (svd.md section 3.9). Errors: kNotFinite, kCancelled.
[[nodiscard]] torch::Tensor decode_latents(checkpoint::Model& model, const torch::Tensor& latents,
                                           const GenerateSettings& settings);

/// The same before it is checked and brought to the CPU: [F, 3, H, W].
[[nodiscard]] torch::Tensor decode_frames(checkpoint::Model& model, const torch::Tensor& latents,
                                          const GenerateSettings& settings);

/// frames: [1, F, 3, H, W], -1..1, as 8-bit pictures: clamped, rounded half to even.
[[nodiscard]] Clip to_clip(const torch::Tensor& frames, double fps);

}  // namespace sfv::pipeline
