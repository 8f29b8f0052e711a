#pragma once

#include <nlohmann/json.hpp>

#include "sfv/models/autoencoder_kl_temporal_decoder.h"
#include "sfv/models/clip_vision.h"
#include "sfv/models/unet_spatio_temporal.h"

namespace sfv::parity {

// diffusers' config objects, as cases.json holds them, as the networks' options.
[[nodiscard]] models::UNetConfig unet_config(const nlohmann::json& json);
[[nodiscard]] models::VaeConfig vae_config(const nlohmann::json& json);
[[nodiscard]] models::ClipVisionConfig clip_config(const nlohmann::json& json);

}  // namespace sfv::parity
