#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "sfv/models/discriminator_head.h"
#include "sfv/models/unet_config.h"
#include "sfv/models/unet_encoder.h"
#include "sfv/nn/embeddings.h"

namespace sfv::models {

/// SF-V's discriminator; the defaults are our reading of the paper.
struct DiscriminatorConfig {
  bool spatial_heads = true;    // one after each block of the encoder …
  bool temporal_heads = true;   // … and one of these; at least one kind
  bool image_condition = true;  // the heads are told the image embedding,
  bool sigma_condition = true;  // the noise level,
  bool frame_condition = true;  // the frame's number
  int64_t condition_dim = 256;  // numbers for each of the three
  int64_t projection_dim = 64;
  int64_t width = 0;                     // channels inside a head; 0: as many as the tap has
  int64_t spatial_kernel = 1;            // of the first convolution, odd
  int64_t spatial_residual_kernel = 3;   // odd
  int64_t temporal_kernel = 1;           // frames, odd
  int64_t temporal_residual_kernel = 9;  // frames, odd
  DiscriminatorNorm norm = DiscriminatorNorm::kGroup;
};

/// What one head says of each place: low on real clips, high on generated ones (SF-V's sign).
struct HeadLogits {
  std::string name;      // "spatial_0", "temporal_3": kind and block
  int64_t tap = 0;       // the tap it looked at
  torch::Tensor logits;  // [B, F, h, w], float32 at least
};

/// What the heads are told of the clip.
struct HeadCondition {
  torch::Tensor c_noise;       // [B], 0.25 ln sigma'
  torch::Tensor image_embeds;  // [B, L, X], the same tokens the UNet sees; their mean is used
};

/// The encoder half of SVD's UNet, a frozen copy of the initial weights, and heads after each of its blocks.
/// Frozen is not detached: the encoder's parameters want no gradients, but gradients flow through it to the
/// clip. Source: SF-V section 3.2 and 3.3.
class DiscriminatorImpl : public torch::nn::Module {
 public:
  /// Errors: those of UNetConfig::check and of the heads; kInvalidArgument without heads.
  DiscriminatorImpl(const UNetConfig& unet, const DiscriminatorConfig& config);

  /// Random values for the heads and what belongs to them.
  void initialise_heads(at::Generator& generator);
  /// Gives the encoder copies of `source`'s values (a whole UNet or an encoder of the same config), in
  /// `dtype`. Later changes of the source are not seen. Errors: kInvalidArgument if the parameters differ.
  void copy_encoder(const torch::nn::Module& source, torch::Dtype dtype);
  /// Whether the encoder trains with the heads; not at first.
  void set_encoder_trainable(bool trainable);

  /// c_in x' joined with the image latents [B, F, in_channels, h, w], and the rest as the UNet takes it.
  /// Returns the taps, one [(B F), C_i, h_i, w_i] for each block.
  std::vector<torch::Tensor> encode(const torch::Tensor& sample, const torch::Tensor& c_noise,
                                    const torch::Tensor& image_embeds, const torch::Tensor& added_time_ids);
  /// All heads on the taps of clips of `frames` frames: for each block the spatial head, then the temporal.
  std::vector<HeadLogits> judge(const std::vector<torch::Tensor>& taps, const HeadCondition& condition,
                                int64_t frames);
  /// encode, then judge.
  std::vector<HeadLogits> forward(const torch::Tensor& sample, const torch::Tensor& c_noise,
                                  const torch::Tensor& image_embeds, const torch::Tensor& added_time_ids);

  /// One power iteration in every head. Once an optimiser step.
  void update_spectral_norm();

  [[nodiscard]] UNetSpatioTemporalEncoder& encoder() { return encoder_; }
  [[nodiscard]] const DiscriminatorConfig& config() const { return config_; }

 private:
  struct HeadPlace {
    std::string name;
    int64_t tap = 0;
    DiscriminatorHead head;
  };
  // [(B F), condition_dim * number of conditions]; undefined without conditions.
  torch::Tensor embed(const HeadCondition& condition, int64_t frames);

  DiscriminatorConfig config_;
  UNetSpatioTemporalEncoder encoder_;
  nn::Linear image_embedding_{nullptr};
  nn::TimestepEmbedding sigma_embedding_{nullptr}, frame_embedding_{nullptr};
  std::vector<HeadPlace> heads_;
};
TORCH_MODULE(Discriminator);

}  // namespace sfv::models
