// What a UNet's config must be before a network is built from it.
#include "sfv/models/unet_config.h"

#include <utility>

#include "sfv/core/check.h"

namespace sfv::models {
namespace {

constexpr int64_t kMaxLevels = 16;
constexpr int64_t kMaxChannels = 1 << 16;
constexpr int64_t kMaxLayers = 256;
constexpr int64_t kNormGroups = 32;  // diffusers' blocks of these classes know no other number

void check_list(const char* key, const std::vector<int64_t>& list, int64_t levels, int64_t max) {
  SFV_CHECK(static_cast<int64_t>(list.size()) == levels, kInvalidFile, "[unet config] ", key, " has ",
            list.size(), " entries, block_out_channels has ", levels,
            "; give one number, or one for each level");
  for (const int64_t value : list) {
    SFV_CHECK(value >= 1 && value <= max, kInvalidFile, "[unet config] ", key, " expected 1 to ", max,
              ", found ", value);
  }
}

void check_types(const char* key, const std::vector<std::string>& types, int64_t levels,
                 const std::string& plain, const std::string& with_attention) {
  SFV_CHECK(static_cast<int64_t>(types.size()) == levels, kInvalidFile, "[unet config] ", key, " has ",
            types.size(), " entries, block_out_channels has ", levels);
  for (const std::string& type : types) {
    SFV_CHECK(type == plain || type == with_attention, kInvalidFile, "[unet config] ", key, " expected ",
              plain, " or ", with_attention, ", found ", type, "; is this a Stable Video Diffusion UNet?");
  }
}

}  // namespace

void UNetConfig::check() const {
  SFV_CHECK(levels() >= 1 && levels() <= kMaxLevels, kInvalidFile,
            "[unet config] block_out_channels expected 1 to ", kMaxLevels, " levels, found ", levels());
  check_list("block_out_channels", block_out_channels, levels(), kMaxChannels);
  check_list("layers_per_block", layers_per_block, levels(), kMaxLayers);
  check_list("cross_attention_dim", cross_attention_dim, levels(), kMaxChannels);
  check_list("transformer_layers_per_block", transformer_layers_per_block, levels(), kMaxLayers);
  check_list("num_attention_heads", num_attention_heads, levels(), kMaxChannels);
  check_types("down_block_types", down_block_types, levels(), "DownBlockSpatioTemporal",
              "CrossAttnDownBlockSpatioTemporal");
  check_types("up_block_types", up_block_types, levels(), "UpBlockSpatioTemporal",
              "CrossAttnUpBlockSpatioTemporal");
  for (const auto& [key, value] :
       {std::pair{"in_channels", in_channels}, std::pair{"out_channels", out_channels},
        std::pair{"addition_time_embed_dim", addition_time_embed_dim},
        std::pair{"projection_class_embeddings_input_dim", projection_class_embeddings_input_dim},
        std::pair{"num_frames", num_frames}}) {
    SFV_CHECK(value >= 1 && value <= kMaxChannels, kInvalidFile, "[unet config] ", key, " expected 1 to ",
              kMaxChannels, ", found ", value);
  }
  SFV_CHECK(in_channels > out_channels, kInvalidFile,
            "[unet config] in_channels holds the noisy latent and the image latent; expected more than "
            "out_channels ",
            out_channels, ", found ", in_channels);
  SFV_CHECK(projection_class_embeddings_input_dim == 3 * addition_time_embed_dim, kInvalidFile,
            "[unet config] projection_class_embeddings_input_dim expected 3 x addition_time_embed_dim = ",
            3 * addition_time_embed_dim, " (fps, motion, noise), found ",
            projection_class_embeddings_input_dim);
  for (int64_t i = 0; i < levels(); ++i) {
    SFV_CHECK(block_out_channels[i] % kNormGroups == 0, kInvalidFile,
              "[unet config] block_out_channels expected multiples of ", kNormGroups, ", found ",
              block_out_channels[i]);
    SFV_CHECK(block_out_channels[i] % num_attention_heads[i] == 0, kInvalidFile,
              "[unet config] num_attention_heads ", num_attention_heads[i], " does not divide the ",
              block_out_channels[i], " channels of level ", i);
  }
}

}  // namespace sfv::models
