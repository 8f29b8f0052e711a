// The second half of the UNet, on top of its encoder half.
#include "sfv/models/unet_spatio_temporal.h"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace sfv::models {
namespace {

MidBlockSpatioTemporal make_mid_block(const UNetConfig& config) {
  UNetBlockOptions o = unet_level_options(config, config.levels() - 1);
  o.in_channels = {o.out_channels, o.out_channels};
  o.resnet_eps = 1e-5;
  return MidBlockSpatioTemporal(o);
}

// index: 0 at the coarsest level, where up_block_types begins.
UpBlockSpatioTemporal make_up_block(const UNetConfig& config, int64_t index) {
  const int64_t level = config.levels() - 1 - index;
  UNetBlockOptions o = unet_level_options(config, level);
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

}  // namespace

UNetSpatioTemporalConditionModelImpl::UNetSpatioTemporalConditionModelImpl(const UNetConfig& config)
    : UNetSpatioTemporalEncoderImpl(config, "UNetSpatioTemporalConditionModel"),
      mid_block_(register_module("mid_block", make_mid_block(config))),
      up_blocks_(register_module("up_blocks", torch::nn::ModuleList())),
      conv_norm_out_(register_module("conv_norm_out", nn::GroupNorm(config.block_out_channels[0], 1e-5))),
      conv_out_(register_module("conv_out", nn::Conv2d(config.block_out_channels[0], config.out_channels))) {
  for (int64_t i = 0; i < config.levels(); ++i) up_blocks_->push_back(make_up_block(config, i));
}

torch::Tensor UNetSpatioTemporalConditionModelImpl::forward(const torch::Tensor& sample,
                                                            const torch::Tensor& timestep,
                                                            const torch::Tensor& encoder_hidden_states,
                                                            const torch::Tensor& added_time_ids) {
  DownPath path = run_down(sample, timestep, encoder_hidden_states, added_time_ids);
  path.taps.clear();
  std::vector<torch::Tensor>& skips = path.skips;
  torch::Tensor x = run_block("mid_block", *mid_block_, path.context, skips.back(), {},
                              [block = mid_block_](const torch::Tensor& h, const UNetContext& context,
                                                   const std::vector<torch::Tensor>& /*skips*/) mutable {
                                return std::vector<torch::Tensor>{block->forward(h, context)};
                              })[0];
  for (size_t i = 0; i < up_blocks_->size(); ++i) {
    const auto block = std::dynamic_pointer_cast<UpBlockSpatioTemporalImpl>(up_blocks_->ptr(i));
    const auto first = skips.end() - block->layers();
    std::vector<torch::Tensor> own(std::make_move_iterator(first), std::make_move_iterator(skips.end()));
    skips.erase(first, skips.end());
    // The next skip's own size: twice this one, less one where the size was odd on the way down.
    const int64_t height = skips.empty() ? x.size(2) : skips.back().size(2);
    const int64_t width = skips.empty() ? x.size(3) : skips.back().size(3);
    x = run_block("up_blocks." + std::to_string(i), *block, path.context, x, std::move(own),
                  [block, height, width](torch::Tensor h, const UNetContext& context,
                                         std::vector<torch::Tensor> given) {
                    return std::vector<torch::Tensor>{
                        block->forward(std::move(h), context, std::move(given), height, width)};
                  })[0];
  }
  x = conv_out_(conv_norm_out_->forward(x, ops::Activation::kSilu));
  return x.unflatten(0, {sample.size(0), sample.size(1)});
}

}  // namespace sfv::models
