#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/checkpoint/weights.h"

namespace sfv::checkpoint {

/// Part of a model that has weights.
struct ModelComponent {
  std::string name;                                          // folder in diffusers' layout
  std::vector<std::shared_ptr<const io::TensorFile>> files;  // all parts of a single file have the same one
  Weights weights;                                           // by diffusers' names
};

/// A model whose configs are read and whose weight files are mapped and checked, each by itself: what
/// loading, converting, verifying and describing begin with, whatever the model is stored as.
struct ModelFiles {
  std::filesystem::path path;
  bool is_folder = false;
  ConfigTexts texts;
  ModelConfigs configs;
  ModelComponent unet, vae, image_encoder;
  std::string hash;  // quick hash, see hash_model

  [[nodiscard]] std::vector<const ModelComponent*> components() const {
    return {&unet, &vae, &image_encoder};
  }
};

/// name: as in load_model. wanted: which variant to prefer where there are several. unet: a UNet's weights
/// laid over the model's; empty: none. Errors: those of find_model, load_configs, read_configs,
/// open_component, view_single_file.
[[nodiscard]] ModelFiles open_model(const std::string& name, torch::Dtype wanted,
                                    const std::filesystem::path& unet = {});

/// load_model() (model.h) of files that are open. name: as the user gave it; options.unet has been laid over
/// already.
[[nodiscard]] Model load_model(const ModelFiles& files, const std::string& name, const LoadOptions& options);

/// What is wrong with the weights of a component, see describe_misfit; empty: nothing.
[[nodiscard]] std::string describe_component_misfit(const ModelFiles& model, const ModelComponent& component);

/// How the weight files of the UNet and the VAE, and those of the image encoder begin.
inline constexpr std::string_view kDiffusersStem = "diffusion_pytorch_model";
inline constexpr std::string_view kTransformersStem = "model";

}  // namespace sfv::checkpoint
