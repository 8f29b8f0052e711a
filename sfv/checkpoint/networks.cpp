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

}  // namespace sfv::checkpoint
