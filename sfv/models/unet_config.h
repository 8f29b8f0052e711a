#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sfv::models {

/// diffusers' unet/config.json; the defaults are the class's own. Lists have one entry a level, from the
/// finest.
struct UNetConfig {
  int64_t in_channels = 8;  // noisy latent and image latent, joined
  int64_t out_channels = 4;
  std::vector<int64_t> block_out_channels = {320, 640, 1280, 1280};
  std::vector<std::string> down_block_types = {"CrossAttnDownBlockSpatioTemporal",
                                               "CrossAttnDownBlockSpatioTemporal",
                                               "CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"};
  std::vector<std::string> up_block_types = {"UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal",
                                             "CrossAttnUpBlockSpatioTemporal",
                                             "CrossAttnUpBlockSpatioTemporal"};
  int64_t addition_time_embed_dim = 256;                // sinusoid of each added id
  int64_t projection_class_embeddings_input_dim = 768;  // of the three ids together
  std::vector<int64_t> layers_per_block = {2, 2, 2, 2};
  std::vector<int64_t> cross_attention_dim = {1024, 1024, 1024, 1024};
  std::vector<int64_t> transformer_layers_per_block = {1, 1, 1, 1};
  std::vector<int64_t> num_attention_heads = {5, 10, 20, 20};
  int64_t num_frames = 25;  // of the clips it was trained on: a default, no limit

  [[nodiscard]] int64_t levels() const { return static_cast<int64_t>(block_out_channels.size()); }
  /// Errors: kInvalidFile naming the key: lists of different lengths, sizes out of range, unknown block
  /// types, heads that do not divide.
  void check() const;
};

}  // namespace sfv::models
