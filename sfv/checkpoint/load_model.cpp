#include "sfv/checkpoint/model.h"
#include "sfv/checkpoint/model_files.h"
#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/networks.h"
#include "sfv/checkpoint/tiny_decoder_file.h"
#include "sfv/core/check.h"

namespace sfv::checkpoint {

std::unique_ptr<nn::BroughtWeights> bring_weights(const Model& model, torch::nn::Module& network,
                                                  torch::Dtype dtype) {
  if (model.memory.weights != WeightHome::kStage) return nullptr;
  return std::make_unique<nn::BroughtWeights>(network, dtype, model.device);
}

Model load_model(const std::string& name, const LoadOptions& options) {
  return load_model(open_model(name, options.dtype, options.unet), name, options);
}

Model load_model(const ModelFiles& files, const std::string& name, const LoadOptions& options) {
  SFV_CHECK(options.dtype == torch::kFloat32 || options.dtype == torch::kBFloat16 ||
                options.dtype == torch::kFloat16,
            kInvalidArgument, "[load_model] dtype expected float32, bfloat16 or float16, got ",
            options.dtype);
  const auto fill = [&](torch::nn::Module& network, const ModelComponent& component) {
    set_weights(network, component.weights, options.dtype, options.device,
                component.files.front()->path().string(), options.memory.weights);
  };
  Model model;
  const Networks networks = make_networks(files.configs);
  model.unet = networks.unet;
  model.vae = networks.vae;
  model.image_encoder = networks.image_encoder;
  fill(*model.unet, files.unet);
  fill(*model.vae, files.vae);
  fill(*model.image_encoder, files.image_encoder);
  if (!options.tiny_vae.empty()) {
    model.tiny_decoder = load_tiny_decoder(options.tiny_vae, options.dtype, options.device);
  }
  model.scheduler = files.configs.scheduler;
  model.feature_extractor = files.configs.feature_extractor;
  model.defaults = files.configs.defaults;
  model.name = name;
  model.hash = files.hash;
  model.dtype = options.dtype;
  model.device = options.device;
  model.memory = options.memory;
  return model;
}

}  // namespace sfv::checkpoint
