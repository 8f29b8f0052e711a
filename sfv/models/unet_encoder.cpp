#include "sfv/models/unet_encoder.h"

#include <memory>
#include <string>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/trace.h"
#include "sfv/tensor/mixed_precision.h"

namespace sfv::models {
namespace {

DownBlockSpatioTemporal make_down_block(const UNetConfig& config, int64_t level) {
  UNetBlockOptions o = unet_level_options(config, level);
  const int64_t in_channels = config.block_out_channels[level == 0 ? 0 : level - 1];
  o.in_channels.assign(config.layers_per_block[level], o.out_channels);
  o.in_channels[0] = in_channels;
  o.has_cross_attention = config.down_block_types[level] == "CrossAttnDownBlockSpatioTemporal";
  o.add_resample = level + 1 < config.levels();
  // By class, not by level: svd.md section 3.6.
  o.resnet_eps = o.has_cross_attention ? 1e-6 : 1e-5;
  return DownBlockSpatioTemporal(o);
}

const UNetConfig& checked(const UNetConfig& config) {
  config.check();
  return config;
}

}  // namespace

UNetBlockOptions unet_level_options(const UNetConfig& config, int64_t level) {
  UNetBlockOptions o;
  o.out_channels = config.block_out_channels[level];
  o.temb_channels = 4 * config.block_out_channels[0];
  o.num_attention_heads = config.num_attention_heads[level];
  o.cross_attention_dim = config.cross_attention_dim[level];
  o.transformer_layers = config.transformer_layers_per_block[level];
  return o;
}

UNetSpatioTemporalEncoderImpl::UNetSpatioTemporalEncoderImpl(const UNetConfig& config)
    : UNetSpatioTemporalEncoderImpl(config, "UNetSpatioTemporalEncoder") {}

UNetSpatioTemporalEncoderImpl::UNetSpatioTemporalEncoderImpl(const UNetConfig& config,
                                                             const std::string& class_name)
    : torch::nn::Module(class_name),
      config_(checked(config)),
      conv_in_(register_module("conv_in", nn::Conv2d(config.in_channels, config.block_out_channels[0]))),
      time_embedding_(register_module(
          "time_embedding",
          nn::TimestepEmbedding(config.block_out_channels[0], 4 * config.block_out_channels[0],
                                4 * config.block_out_channels[0]))),
      add_embedding_(register_module(
          "add_embedding",
          nn::TimestepEmbedding(config.projection_class_embeddings_input_dim,
                                4 * config.block_out_channels[0], 4 * config.block_out_channels[0]))),
      down_blocks_(register_module("down_blocks", torch::nn::ModuleList())) {
  for (int64_t i = 0; i < config.levels(); ++i) down_blocks_->push_back(make_down_block(config, i));
}

void UNetSpatioTemporalEncoderImpl::check_inputs(const torch::Tensor& sample, const torch::Tensor& timestep,
                                                 const torch::Tensor& encoder_hidden_states,
                                                 const torch::Tensor& added_time_ids) const {
  SFV_CHECK(sample.dim() == 5 && sample.size(2) == config_.in_channels && sample.numel() > 0,
            kInvalidArgument, "[", name(), "] sample expected [B, F, ", config_.in_channels, ", h, w], got ",
            sample.sizes());
  const int64_t B = sample.size(0);
  SFV_CHECK(timestep.dim() == 1 && (timestep.size(0) == B || timestep.size(0) == 1), kInvalidArgument, "[",
            name(), "] timestep expected [", B, "], got ", timestep.sizes());
  SFV_CHECK(encoder_hidden_states.dim() == 3 && encoder_hidden_states.size(0) == B &&
                encoder_hidden_states.size(1) >= 1,
            kInvalidArgument, "[", name(), "] encoder_hidden_states expected [", B, ", L, X], got ",
            encoder_hidden_states.sizes());
  for (const int64_t width : config_.cross_attention_dim) {
    SFV_CHECK(encoder_hidden_states.size(2) == width, kInvalidArgument, "[", name(),
              "] encoder_hidden_states expected width ", width, " (cross_attention_dim), got ",
              encoder_hidden_states.size(2));
  }
  SFV_CHECK(added_time_ids.dim() == 2 && added_time_ids.size(0) == B && added_time_ids.size(1) == 3,
            kInvalidArgument, "[", name(), "] added_time_ids expected [", B, ", 3], got ",
            added_time_ids.sizes());
}

torch::Tensor UNetSpatioTemporalEncoderImpl::embed_time(const torch::Tensor& timestep,
                                                        const torch::Tensor& added_time_ids,
                                                        at::ScalarType dtype) {
  const torch::Tensor t = nn::sinusoidal_embedding(timestep, config_.block_out_channels[0]).to(dtype);
  const torch::Tensor ids =
      nn::sinusoidal_embedding(added_time_ids.flatten(), config_.addition_time_embed_dim)
          .reshape({added_time_ids.size(0), -1})
          .to(dtype);
  const torch::Tensor temb = time_embedding_(t) + add_embedding_(ids);  // [B, 4 C0]
  // Every block adds its gradient to it: in training with short products those sums are float32.
  return is_mixed() ? temb.to(at::kFloat) : temb;
}

std::vector<torch::Tensor> UNetSpatioTemporalEncoderImpl::run_block(
    const std::string& name, const torch::nn::Module& block, const UNetContext& context,
    const torch::Tensor& x, std::vector<torch::Tensor> skips, ContextFunction function) {
  const TraceSpan span(TraceKind::kBlock, name);
  if (!runner_) return function(x, context, std::move(skips));
  std::vector<torch::Tensor> inputs = {x, context.temb, context.encoder_hidden_states};
  inputs.insert(inputs.end(), skips.begin(), skips.end());
  skips.clear();
  const BlockCall call{.name = name,
                       .parameters = block.parameters(),
                       .function = [frames = context.frames,
                                    function = std::move(function)](std::vector<torch::Tensor> given) {
                         const UNetContext inner{
                             .temb = given[1], .encoder_hidden_states = given[2], .frames = frames};
                         torch::Tensor first = std::move(given[0]);
                         given.erase(given.begin(), given.begin() + 3);
                         return function(std::move(first), inner, std::move(given));
                       }};
  return runner_(call, std::move(inputs));
}

UNetSpatioTemporalEncoderImpl::DownPath UNetSpatioTemporalEncoderImpl::run_down(
    const torch::Tensor& sample, const torch::Tensor& timestep, const torch::Tensor& encoder_hidden_states,
    const torch::Tensor& added_time_ids) {
  check_inputs(sample, timestep, encoder_hidden_states, added_time_ids);
  const int64_t F = sample.size(1);
  DownPath path;
  path.context.frames = F;
  path.context.encoder_hidden_states = encoder_hidden_states;
  path.context.temb = embed_time(timestep, added_time_ids, sample.scalar_type()).repeat_interleave(F, 0);

  path.skips = {conv_in_(sample.flatten(0, 1))};  // [(B F), C0, h, w]
  for (size_t i = 0; i < down_blocks_->size(); ++i) {
    const auto block = std::dynamic_pointer_cast<DownBlockSpatioTemporalImpl>(down_blocks_->ptr(i));
    const std::vector<torch::Tensor> outputs = run_block(
        "down_blocks." + std::to_string(i), *block, path.context, path.skips.back(), {},
        [block](torch::Tensor x, const UNetContext& context, const std::vector<torch::Tensor>& /*skips*/) {
          return block->forward(std::move(x), context);
        });
    path.skips.insert(path.skips.end(), outputs.begin(), outputs.end());
    path.taps.push_back(outputs.back());
  }
  return path;
}

std::vector<torch::Tensor> UNetSpatioTemporalEncoderImpl::forward(const torch::Tensor& sample,
                                                                  const torch::Tensor& timestep,
                                                                  const torch::Tensor& encoder_hidden_states,
                                                                  const torch::Tensor& added_time_ids) {
  return run_down(sample, timestep, encoder_hidden_states, added_time_ids).taps;
}

}  // namespace sfv::models
