#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <vector>

#include "sfv/nn/resample.h"
#include "sfv/nn/resnet_block.h"
#include "sfv/nn/transformer_block.h"

namespace sfv::models {

/// What every block of the UNet is told besides the activations.
struct UNetContext {
  torch::Tensor temb;                   // [(B F), 4 C0], time and added ids
  torch::Tensor encoder_hidden_states;  // [B, L, X]
  int64_t frames = 1;                   // F
};

struct UNetBlockOptions {
  std::vector<int64_t> in_channels;  // of each res block
  int64_t out_channels = 0;
  int64_t temb_channels = 0;
  bool has_cross_attention = false;  // a transformer after every res block
  int64_t num_attention_heads = 1;
  int64_t cross_attention_dim = 0;
  int64_t transformer_layers = 1;
  bool add_resample = false;  // a downsampler or an upsampler at the end
  double resnet_eps = 1e-6;
};

/// diffusers' CrossAttnDownBlockSpatioTemporal, or DownBlockSpatioTemporal without attention.
class DownBlockSpatioTemporalImpl : public torch::nn::Module {
 public:
  explicit DownBlockSpatioTemporalImpl(const UNetBlockOptions& options);
  /// x: [(B F), C, H, W]. Returns what the up path needs, in order; the last is the block's result.
  std::vector<torch::Tensor> forward(torch::Tensor x, const UNetContext& context);

 private:
  torch::nn::ModuleList resnets_, attentions_, downsamplers_;
};
TORCH_MODULE(DownBlockSpatioTemporal);

/// diffusers' UNetMidBlockSpatioTemporal.
class MidBlockSpatioTemporalImpl : public torch::nn::Module {
 public:
  explicit MidBlockSpatioTemporalImpl(const UNetBlockOptions& options);
  torch::Tensor forward(torch::Tensor x, const UNetContext& context);

 private:
  torch::nn::ModuleList resnets_, attentions_;
};
TORCH_MODULE(MidBlockSpatioTemporal);

/// diffusers' CrossAttnUpBlockSpatioTemporal, or UpBlockSpatioTemporal without attention.
class UpBlockSpatioTemporalImpl : public torch::nn::Module {
 public:
  explicit UpBlockSpatioTemporalImpl(const UNetBlockOptions& options);
  /// skips: layers() of them, used and freed from the end. height, width: of the result of a block with an
  /// upsampler.
  torch::Tensor forward(torch::Tensor x, const UNetContext& context, std::vector<torch::Tensor> skips,
                        int64_t height, int64_t width);
  [[nodiscard]] int64_t layers() const { return static_cast<int64_t>(resnets_->size()); }

 private:
  torch::nn::ModuleList resnets_, attentions_, upsamplers_;
};
TORCH_MODULE(UpBlockSpatioTemporal);

}  // namespace sfv::models
