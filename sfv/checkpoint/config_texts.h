#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "sfv/checkpoint/model.h"
#include "sfv/io/json_config.h"

namespace sfv::checkpoint {

/// A model's config files as they are, by their path in a model folder ("unet/config.json").
using ConfigTexts = std::map<std::string, io::JsonConfig>;

/// What the engine takes from them.
struct ModelConfigs {
  models::UNetConfig unet;
  models::VaeConfig vae;
  models::ClipVisionConfig image_encoder;
  SchedulerConfig scheduler;
  FeatureExtractorConfig feature_extractor;
  GenerateOptions defaults;
};

/// The config files of stabilityai/stable-video-diffusion-img2vid-xt (svd.md section 1). num_frames: 25 for
/// -xt, 14 for the first model, whose files are otherwise the same. has_temporal_decoder: false for
/// svd*_image_decoder, whose VAE is diffusers' AutoencoderKL.
[[nodiscard]] ConfigTexts published_configs(int64_t num_frames, bool has_temporal_decoder = true);

/// The config files of a model folder; sfv.json where there is one. Errors: kNotFound naming the file that is
/// missing; those of JsonConfig.
[[nodiscard]] ConfigTexts load_configs(const std::filesystem::path& folder);

/// Errors: kUnsupported for another kind of pipeline; those of component_config.h.
[[nodiscard]] ModelConfigs read_configs(const ConfigTexts& texts);

}  // namespace sfv::checkpoint
