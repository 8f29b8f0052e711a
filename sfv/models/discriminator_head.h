#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "sfv/nn/batch_norm_local.h"
#include "sfv/nn/layers.h"
#include "sfv/nn/spectral_conv.h"

namespace sfv::models {

enum class DiscriminatorNorm {
  kGroup,       // 32 groups; per frame in a spatial head, over the whole clip in a temporal one
  kBatchLocal,  // StyleGAN-T's; at micro-batch 1 it mixes the frames (or pixels) of one clip
};

struct DiscriminatorHeadOptions {
  int64_t channels = 0;         // of the tap
  int64_t width = 0;            // inside the head; 0: as many as the tap has
  bool over_time = false;       // a temporal head: every convolution looks along the frames
  int64_t kernel = 1;           // of the first convolution, odd
  int64_t residual_kernel = 3;  // of the residual block's, odd
  int64_t embedding_dim = 0;    // of what it is conditioned on; 0: unconditional
  int64_t projection_dim = 64;  // channels compared with the condition
  DiscriminatorNorm norm = DiscriminatorNorm::kGroup;
};

/// One opinion for each place of a feature map. With conv = convolution under spectral norm, act = leaky ReLU
/// of slope 0.2 after the norm:
///   h = act(conv(x)), h = (act(conv(h)) + h) / sqrt 2, logit = sum over channels of conv1x1(h) * p / sqrt
///   64,
/// p = Linear(embedding); without an embedding conv1x1(h) has one channel, the logit. A temporal head is the
/// same with convolutions over time; zero padding, since time is not periodic. Source: SF-V section 3.3 fixes
/// 2-D and 1-D convolutions and projection conditioning; the skeleton is StyleGAN-T's (Sauer et al. 2023).
class DiscriminatorHeadImpl : public torch::nn::Module {
 public:
  /// Errors: kInvalidArgument for even kernels or, with group norm, widths that are no multiple of 32.
  explicit DiscriminatorHeadImpl(const DiscriminatorHeadOptions& options);

  /// Random values for all parameters and buffers.
  void initialise(at::Generator& generator);
  void update_spectral_norm();

  /// x: [(B F), channels, h, w]; frames: F; embedding: [(B F), embedding_dim] or undefined. Returns logits
  /// [B, F, h, w], float32 at least.
  torch::Tensor forward(const torch::Tensor& x, int64_t frames, const torch::Tensor& embedding);

 private:
  torch::Tensor normalise(size_t which, const torch::Tensor& x, int64_t frames);

  DiscriminatorHeadOptions options_;
  nn::SpectralConv conv_in_{nullptr}, conv_residual_{nullptr}, conv_out_{nullptr};
  nn::GroupNorm group_norm_in_{nullptr}, group_norm_residual_{nullptr};
  nn::BatchNormLocal batch_norm_in_{nullptr}, batch_norm_residual_{nullptr};
  nn::Linear projection_{nullptr};
};
TORCH_MODULE(DiscriminatorHead);

/// Uniform in +-1/sqrt(fan_in), as torch.nn.Linear begins.
void initialise_linear(nn::LinearImpl& linear, at::Generator& generator);

}  // namespace sfv::models
