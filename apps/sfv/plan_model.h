#pragma once

#include <torch/types.h>

#include <string>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/checkpoint/model_files.h"

namespace sfv::cli {

/// What can be told of a model without reading its weights.
struct PlannedModel {
  checkpoint::ModelConfigs configs;
  // Of the stored weights; float16 where there are none, as SVD is published.
  torch::Dtype unet_stored = torch::kHalf, vae_stored = torch::kHalf, image_encoder_stored = torch::kHalf;
  int64_t bytes = 0;  // of all weights as they are stored; 0 without any
};

/// Of a model whose files are open.
[[nodiscard]] PlannedModel planned_model(const checkpoint::ModelFiles& files);

/// name: as in load_model, or a folder with configs alone, or "svd", "svd-xt" and their names on Hugging Face
/// for the published sizes, also where there is no such model here. wanted, unet: as in open_model. Errors:
/// those of find_model and open_model.
[[nodiscard]] PlannedModel read_planned_model(const std::string& name, torch::Dtype wanted,
                                              const std::string& unet = "");

}  // namespace sfv::cli
