#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sfv/checkpoint/model.h"
#include "sfv/checkpoint/weights.h"
#include "sfv/io/json_config.h"

namespace sfv::checkpoint {

/// A model's configs.
struct ModelConfigs {
  models::UNetConfig unet;
  models::VaeConfig vae;
  models::ClipVisionConfig image_encoder;
  SchedulerConfig scheduler;
  FeatureExtractorConfig feature_extractor;
  GenerateOptions defaults;
};

/// Part of a model that has weights.
struct ModelComponent {
  std::string name;  // folder in diffusers' layout: "unet", "vae", "image_encoder"
  std::vector<std::shared_ptr<const io::TensorFile>> files;
  Weights weights;  // by diffusers' names
};

/// A model whose configs are read and whose weight files are mapped and checked, each by itself: what
/// loading, converting, verifying and describing begin with, whatever the model is stored as.
struct ModelFiles {
  std::filesystem::path path;
  bool is_folder = false;
  ModelConfigs configs;
  std::vector<io::JsonConfig> texts;  // the config files read, as they are
  ModelComponent unet, vae, image_encoder;
  std::string hash;  // quick hash: see hash_model
};

/// name: as in load_model. wanted: which variant to prefer where there are several. unet: a UNet's weights
/// laid over the model's; empty: none. Errors: those of find_model, of the readers; kNotFound for a file that
/// a model must have.
[[nodiscard]] ModelFiles open_model(const std::string& name, torch::Dtype wanted,
                                    const std::filesystem::path& unet = {});

/// The names by which the UNet's and VAE's and the image encoder's files begin.
inline constexpr std::string_view kDiffusersStem = "diffusion_pytorch_model";
inline constexpr std::string_view kTransformersStem = "model";

}  // namespace sfv::checkpoint
