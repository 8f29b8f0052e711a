#pragma once

#include "sfv/checkpoint/model.h"
#include "sfv/io/json_config.h"

/// diffusers' and transformers' config files. Unknown keys are ignored, missing ones take the defaults of the
/// class, a number may stand for a list with one entry a level. Errors of all: kInvalidFile naming file, key,
/// expected and found; so for a _class_name of another network.
namespace sfv::checkpoint {

[[nodiscard]] models::UNetConfig read_unet_config(const io::JsonConfig& json);
/// AutoencoderKLTemporalDecoder, or AutoencoderKL (Stable Diffusion's): the 2-D decoder.
[[nodiscard]] models::VaeConfig read_vae_config(const io::JsonConfig& json);
[[nodiscard]] models::ClipVisionConfig read_clip_config(const io::JsonConfig& json);
[[nodiscard]] SchedulerConfig read_scheduler_config(const io::JsonConfig& json);
[[nodiscard]] FeatureExtractorConfig read_feature_extractor_config(const io::JsonConfig& json);

/// A model's own settings (sfv.json): sampler, steps, guidance [min, max], width, height, frames, fps,
/// motion, noise_aug, fit, and a description for people, all optional. Errors: also kInvalidArgument for an
/// unknown key or a value out of its range.
[[nodiscard]] GenerateOptions read_model_defaults(const io::JsonConfig& json);

}  // namespace sfv::checkpoint
