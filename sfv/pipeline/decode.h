#pragma once

#include <torch/types.h>

#include <functional>

#include "sfv/checkpoint/model.h"
#include "sfv/core/generate_options.h"

namespace sfv::pipeline {

/// latents [1, F, C, h, w] as the UNet made them, to pixels float32 [F, 3, H, W] on the model's device, about
/// -1..1, neither clamped nor checked. Decoded in slices of settings.decode_chunk frames with diffusers'
/// semantics: a slice knows nothing of the others (svd.md section 3.9). on_slice: told of each as it is done;
/// may be empty. Errors: kCancelled.
[[nodiscard]] torch::Tensor decode_frames(checkpoint::Model& model, const torch::Tensor& latents,
                                          const GenerateSettings& settings,
                                          const std::function<void(const torch::Tensor&)>& on_slice = {});

}  // namespace sfv::pipeline
