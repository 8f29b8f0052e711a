#include "sfv/training/blank_batch.h"

#include <ATen/ops/zeros.h>

namespace sfv::training {

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
