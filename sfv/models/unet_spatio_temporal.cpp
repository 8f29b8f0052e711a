#include "sfv/models/unet_spatio_temporal.h"

#include <ATen/ops/silu.h>

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

UNetBlockOptions level_options(const UNetConfig& config, int64_t level) {
  UNetBlockOptions o;
  o.out_channels = config.block_out_channels[level];
  o.temb_channels = 4 * config.block_out_channels[0];
  o.num_attention_heads = config.num_attention_heads[level];
  o.cross_attention_dim = config.cross_attention_dim[level];
  o.transformer_layers = config.transformer_layers_per_block[level];
  return o;
}

DownBlockSpatioTemporal make_down_block(const UNetConfig& config, int64_t level) {
  UNetBlockOptions o = level_options(config, level);
  const int64_t in_channels = config.block_out_channels[level == 0 ? 0 : level - 1];
  o.in_channels.assign(config.layers_per_block[level], o.out_channels);
  o.in_channels[0] = in_channels;
  o.has_cross_attention = config.down_block_types[level] == "CrossAttnDownBlockSpatioTemporal";
  o.add_resample = level + 1 < config.levels();
  // By class, not by level: svd.md section 3.6.
  o.resnet_eps = o.has_cross_attention ? 1e-6 : 1e-5;
  return DownBlockSpatioTemporal(o);
}

MidBlockSpatioTemporal make_mid_block(const UNetConfig& config) {
  UNetBlockOptions o = level_options(config, config.levels() - 1);
  o.in_channels = {o.out_channels, o.out_channels};
  o.resnet_eps = 1e-5;
  return MidBlockSpatioTemporal(o);
}

// index: 0 at the coarsest level, where up_block_types begins.
UpBlockSpatioTemporal make_up_block(const UNetConfig& config, int64_t index) {
  const int64_t level = config.levels() - 1 - index;
  UNetBlockOptions o = level_options(config, level);
  const int64_t previous = config.block_out_channels[index == 0 ? level : level + 1];
  const int64_t last_skip = config.block_out_channels[level == 0 ? 0 : level - 1];
  const int64_t layers = config.layers_per_block[level] + 1;
  for (int64_t i = 0; i < layers; ++i) {
    const int64_t hidden = i == 0 ? previous : o.out_channels;
    const int64_t skip = i + 1 == layers ? last_skip : o.out_channels;
    o.in_channels.push_back(hidden + skip);
  }
  o.has_cross_attention = config.up_block_types[index] == "CrossAttnUpBlockSpatioTemporal";
  o.add_resample = level > 0;
  o.resnet_eps = 1e-6;
  return UpBlockSpatioTemporal(o);
}

const UNetConfig& checked(const UNetConfig& config) {
  config.check();
  return config;
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

UNetSpatioTemporalConditionModelImpl::UNetSpatioTemporalConditionModelImpl(const UNetConfig& config)
    : config_(checked(config)),
      conv_in_(register_module("conv_in", nn::Conv2d(config.in_channels, config.block_out_channels[0]))),
      time_embedding_(register_module(
          "time_embedding",
          nn::TimestepEmbedding(config.block_out_channels[0], 4 * config.block_out_channels[0],
                                4 * config.block_out_channels[0]))),
      add_embedding_(register_module(
          "add_embedding",
          nn::TimestepEmbedding(config.projection_class_embeddings_input_dim,
                                4 * config.block_out_channels[0], 4 * config.block_out_channels[0]))),
      down_blocks_(register_module("down_blocks", torch::nn::ModuleList())),
      mid_block_(register_module("mid_block", make_mid_block(config))),
      up_blocks_(register_module("up_blocks", torch::nn::ModuleList())),
      conv_norm_out_(register_module("conv_norm_out", nn::GroupNorm(config.block_out_channels[0], 1e-5))),
      conv_out_(register_module("conv_out", nn::Conv2d(config.block_out_channels[0], config.out_channels))) {
  for (int64_t i = 0; i < config.levels(); ++i) {
    down_blocks_->push_back(make_down_block(config, i));
    up_blocks_->push_back(make_up_block(config, i));
  }
}

void UNetSpatioTemporalConditionModelImpl::check_inputs(const torch::Tensor& sample,
                                                        const torch::Tensor& timestep,
                                                        const torch::Tensor& encoder_hidden_states,
                                                        const torch::Tensor& added_time_ids) const {
  SFV_CHECK(sample.dim() == 5 && sample.size(2) == config_.in_channels && sample.numel() > 0,
            kInvalidArgument, "[UNetSpatioTemporalConditionModel] sample expected [B, F, ",
            config_.in_channels, ", h, w], got ", sample.sizes());
  const int64_t B = sample.size(0);
  SFV_CHECK(timestep.dim() == 1 && (timestep.size(0) == B || timestep.size(0) == 1), kInvalidArgument,
            "[UNetSpatioTemporalConditionModel] timestep expected [", B, "], got ", timestep.sizes());
  SFV_CHECK(encoder_hidden_states.dim() == 3 && encoder_hidden_states.size(0) == B &&
                encoder_hidden_states.size(1) >= 1,
            kInvalidArgument, "[UNetSpatioTemporalConditionModel] encoder_hidden_states expected [", B,
            ", L, X], got ", encoder_hidden_states.sizes());
  for (const int64_t width : config_.cross_attention_dim) {
    SFV_CHECK(encoder_hidden_states.size(2) == width, kInvalidArgument,
              "[UNetSpatioTemporalConditionModel] encoder_hidden_states expected width ", width,
              " (cross_attention_dim), got ", encoder_hidden_states.size(2));
  }
  SFV_CHECK(added_time_ids.dim() == 2 && added_time_ids.size(0) == B && added_time_ids.size(1) == 3,
            kInvalidArgument, "[UNetSpatioTemporalConditionModel] added_time_ids expected [", B, ", 3], got ",
            added_time_ids.sizes());
}

torch::Tensor UNetSpatioTemporalConditionModelImpl::embed_time(const torch::Tensor& timestep,
                                                               const torch::Tensor& added_time_ids,
                                                               at::ScalarType dtype) {
  const torch::Tensor t = nn::sinusoidal_embedding(timestep, config_.block_out_channels[0]).to(dtype);
  const torch::Tensor ids =
      nn::sinusoidal_embedding(added_time_ids.flatten(), config_.addition_time_embed_dim)
          .reshape({added_time_ids.size(0), -1})
          .to(dtype);
  return time_embedding_(t) + add_embedding_(ids);  // [B, 4 C0]
}

torch::Tensor UNetSpatioTemporalConditionModelImpl::forward(const torch::Tensor& sample,
                                                            const torch::Tensor& timestep,
                                                            const torch::Tensor& encoder_hidden_states,
                                                            const torch::Tensor& added_time_ids) {
  check_inputs(sample, timestep, encoder_hidden_states, added_time_ids);
  const int64_t F = sample.size(1);
  UNetContext context;
  context.frames = F;
  context.encoder_hidden_states = encoder_hidden_states;
  context.temb = embed_time(timestep, added_time_ids, sample.scalar_type()).repeat_interleave(F, 0);

  torch::Tensor x = conv_in_(sample.flatten(0, 1));  // [(B F), C0, h, w]
  std::vector<torch::Tensor> skips = {x};
  for (const auto& block : *down_blocks_)
    x = block->as<DownBlockSpatioTemporalImpl>()->forward(x, context, skips);
  x = mid_block_(x, context);
  for (const auto& block : *up_blocks_)
    x = block->as<UpBlockSpatioTemporalImpl>()->forward(x, context, skips);
  x = conv_out_(conv_norm_out_->forward(x, ops::Activation::kSilu));
  return x.unflatten(0, {sample.size(0), F});
}

}  // namespace sfv::models
