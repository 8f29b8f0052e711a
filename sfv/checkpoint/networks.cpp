#include "sfv/checkpoint/networks.h"

#include "sfv/core/check.h"

namespace sfv::checkpoint {

Networks make_networks(const ModelConfigs& configs) {
  // SVD has 60. A config may ask for millions within the range of each of its numbers.
  constexpr int64_t kMaxBlocks = 20000;
  int64_t blocks = configs.image_encoder.num_hidden_layers;
  for (int64_t level = 0; level < configs.unet.levels(); ++level) {
    blocks += (2 * configs.unet.layers_per_block[level] + 1) *
              (1 + configs.unet.transformer_layers_per_block[level]);
  }
  SFV_CHECK(blocks <= kMaxBlocks, kInvalidFile, "[load_model] the configs ask for ", blocks,
            " blocks, expected at most ", kMaxBlocks,
            "; see layers_per_block and transformer_layers_per_block");
  return {.unet = models::UNetSpatioTemporalConditionModel(configs.unet),
          .vae = models::AutoencoderKLTemporalDecoder(configs.vae),
          .image_encoder = models::CLIPVisionModelWithProjection(configs.image_encoder)};
}

std::vector<torch::nn::Module*> networks_of(const Model& model) {
  return {model.unet.ptr().get(), model.vae.ptr().get(), model.image_encoder.ptr().get()};
}

Model make_blank_model(const ModelConfigs& configs, const torch::Device& device) {
  const Networks networks = make_networks(configs);
  Model model;
  model.unet = networks.unet;
  model.vae = networks.vae;
  model.image_encoder = networks.image_encoder;
  for (torch::nn::Module* const network : networks_of(model)) {
    for (const torch::Tensor& parameter : network->parameters()) parameter.set_requires_grad(false);
  }
  model.scheduler = configs.scheduler;
  model.feature_extractor = configs.feature_extractor;
  model.defaults = configs.defaults;
  model.device = device;
  return model;
}

}  // namespace sfv::checkpoint
