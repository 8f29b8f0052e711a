#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sfv/models/block_runner.h"
#include "sfv/models/unet_blocks.h"
#include "sfv/models/unet_config.h"
#include "sfv/nn/embeddings.h"
#include "sfv/nn/layers.h"

namespace sfv::models {

/// The first half of SVD's UNet: conv_in, the embeddings and the down blocks, under the keys they have in the
/// whole (which is this class plus the second half), so that weights are copied by name. SF-V's discriminator
/// looks at its levels. Source: SF-V section 3.2.
class UNetSpatioTemporalEncoderImpl : public torch::nn::Module {
 public:
  /// Errors: those of UNetConfig::check.
  explicit UNetSpatioTemporalEncoderImpl(const UNetConfig& config);

  /// Inputs as of UNetSpatioTemporalConditionModel::forward. Returns what each down block ends with, after
  /// its downsampler where it has one: config.levels() tensors [(B F), block_out_channels[i], h_i, w_i],
  /// channels-last. Errors: kInvalidArgument if shapes do not fit the config or each other.
  std::vector<torch::Tensor> forward(const torch::Tensor& sample, const torch::Tensor& timestep,
                                     const torch::Tensor& encoder_hidden_states,
                                     const torch::Tensor& added_time_ids);

  [[nodiscard]] const UNetConfig& config() const { return config_; }
  /// Every block is run by `runner` from now on; an empty one: directly.
  void set_block_runner(BlockRunner runner) { runner_ = std::move(runner); }

 protected:
  UNetSpatioTemporalEncoderImpl(const UNetConfig& config, const std::string& class_name);

  struct DownPath {
    UNetContext context;
    std::vector<torch::Tensor> skips;  // conv_in's result, then all outputs of all down blocks
    std::vector<torch::Tensor> taps;   // the last output of each down block
  };
  /// The checked inputs through all down blocks.
  DownPath run_down(const torch::Tensor& sample, const torch::Tensor& timestep,
                    const torch::Tensor& encoder_hidden_states, const torch::Tensor& added_time_ids);
  /// One block by the runner: function(x, context, skips) with x, the context's tensors and the skips as its
  /// inputs. Returns what the function returns.
  using ContextFunction = std::function<std::vector<torch::Tensor>(
      torch::Tensor x, const UNetContext& context, std::vector<torch::Tensor> skips)>;
  std::vector<torch::Tensor> run_block(const std::string& name, const torch::nn::Module& block,
                                       const UNetContext& context, const torch::Tensor& x,
                                       std::vector<torch::Tensor> skips, ContextFunction function);

 private:
  void check_inputs(const torch::Tensor& sample, const torch::Tensor& timestep,
                    const torch::Tensor& encoder_hidden_states, const torch::Tensor& added_time_ids) const;
  torch::Tensor embed_time(const torch::Tensor& timestep, const torch::Tensor& added_time_ids,
                           at::ScalarType dtype);

  UNetConfig config_;
  BlockRunner runner_;
  nn::Conv2d conv_in_;
  nn::TimestepEmbedding time_embedding_, add_embedding_;
  torch::nn::ModuleList down_blocks_;
};
TORCH_MODULE(UNetSpatioTemporalEncoder);

/// What the blocks of level `level` have in common, for both halves.
[[nodiscard]] UNetBlockOptions unet_level_options(const UNetConfig& config, int64_t level);

}  // namespace sfv::models
