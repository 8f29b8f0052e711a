#include "sfv/training/blank_batch.h"

#include <ATen/ops/zeros.h>

#include "sfv/checkpoint/networks.h"

namespace sfv::training {

checkpoint::Model make_blank_model(const checkpoint::ModelConfigs& configs, const torch::Device& device) {
  const checkpoint::Networks networks = checkpoint::make_networks(configs);
  checkpoint::Model model;
  model.unet = networks.unet;
  model.vae = networks.vae;
  model.image_encoder = networks.image_encoder;
  for (torch::nn::Module* const network :
       {static_cast<torch::nn::Module*>(model.unet.get()), static_cast<torch::nn::Module*>(model.vae.get()),
        static_cast<torch::nn::Module*>(model.image_encoder.get())}) {
    for (const torch::Tensor& parameter : network->parameters()) parameter.set_requires_grad(false);
  }
  model.scheduler = configs.scheduler;
  model.feature_extractor = configs.feature_extractor;
  model.defaults = configs.defaults;
  model.device = device;
  return model;
}

TrainBatch make_blank_batch(const Recipe& recipe, const checkpoint::ModelConfigs& configs) {
  const int64_t B = recipe.micro_batch, F = recipe.data.frames;
  const int64_t H = recipe.data.height, W = recipe.data.width;
  const bool is_cached = recipe.data.source == DataSource::kCache;
  TrainBatch batch;
  batch.pixels = at::zeros({B, is_cached ? 1 : F, 3, H, W});
  if (is_cached) {
    // As the VAE's own encoder makes them: an odd side is rounded down at each level.
    const int64_t side = int64_t{1} << (configs.vae.block_out_channels.size() - 1);
    batch.latents = at::zeros({B, F, configs.vae.latent_channels, H / side, W / side});
    batch.image_embeds = at::zeros({B, 1, configs.image_encoder.projection_dim});
  }
  for (int64_t b = 0; b < B; ++b) {
    batch.first_frames.push_back(RgbImage{W, H, std::vector<uint8_t>(static_cast<size_t>(3 * W * H), 128)});
    batch.motion.push_back(127);
    batch.positions.push_back(b);
  }
  return batch;
}

}  // namespace sfv::training
