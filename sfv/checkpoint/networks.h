#pragma once

#include "sfv/checkpoint/config_texts.h"

namespace sfv::checkpoint {

/// The networks of a model, without values: they take no memory yet.
struct Networks {
  models::UNetSpatioTemporalConditionModel unet{nullptr};
  models::AutoencoderKLTemporalDecoder vae{nullptr};
  models::CLIPVisionModelWithProjection image_encoder{nullptr};
};

/// Errors: kInvalidFile for a config with more than 20,000 blocks, whatever their size.
[[nodiscard]] Networks make_networks(const ModelConfigs& configs);

}  // namespace sfv::checkpoint
