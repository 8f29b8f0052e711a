#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "sfv/nn/alpha_blender.h"
#include "sfv/nn/frame_source.h"
#include "sfv/nn/layers.h"

namespace sfv::nn {

struct ResBlockOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t temb_channels = 0;   // 0: no time embedding (the VAE)
  double eps = 1e-6;           // of the spatial norms
  double temporal_eps = 1e-6;  // of the temporal norms
  bool switch_mix = false;     // AlphaBlender's weights swapped (the VAE's decoder)
};

/// GroupNorm, SiLU, 3x3 convolution, time embedding, GroupNorm, SiLU, 3x3 convolution, plus the input.
/// diffusers' class of this name.
class ResnetBlock2DImpl : public torch::nn::Module {
 public:
  explicit ResnetBlock2DImpl(const ResBlockOptions& options);
  /// x: [N, Cin, H, W]; temb: [N, temb_channels] or undefined. Returns [N, C, H, W].
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& temb);

 private:
  GroupNorm norm1_{nullptr}, norm2_{nullptr};
  Conv2d conv1_{nullptr}, conv2_{nullptr}, conv_shortcut_{nullptr};
  Linear time_emb_proj_{nullptr};
};
TORCH_MODULE(ResnetBlock2D);

/// The same over time: convolutions (3, 1, 1), statistics over all frames of a video. Keeps the number of
/// channels.
class TemporalResnetBlockImpl : public torch::nn::Module {
 public:
  explicit TemporalResnetBlockImpl(const ResBlockOptions& options);
  /// x: [(B F), C, H, W]; temb: [(B F), temb_channels] or undefined.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& temb, int64_t frames);
  /// All frames x in `parts` become mixer(x, forward(x, {}, frames)), some rows at a time: every pixel is by
  /// itself here, but for the norms' statistics. recompute: the first convolution is done twice, so that
  /// nothing of x's size is held besides x. Without gradients and without a time embedding.
  void mix_into(FrameParts& parts, int64_t frames, const AlphaBlender& mixer, bool recompute);

 private:
  torch::Tensor first_half(const ops::VideoNorm& video, const torch::Tensor& rows, int64_t frames);

  GroupNorm norm1_{nullptr}, norm2_{nullptr};
  TemporalConv conv1_{nullptr}, conv2_{nullptr};
  Linear time_emb_proj_{nullptr};
};
TORCH_MODULE(TemporalResnetBlock);

/// A spatial block, a temporal block on its result, and their blend. Source: svd.md section 3.2.
class SpatioTemporalResBlockImpl : public torch::nn::Module {
 public:
  explicit SpatioTemporalResBlockImpl(const ResBlockOptions& options);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& temb, int64_t frames);
  /// The same in pieces, without gradients and without a time embedding. recompute: see mix_into().
  FrameParts forward_in_pieces(FrameSource source, int64_t frames, bool recompute);

 private:
  int64_t out_channels_;
  ResnetBlock2D spatial_res_block_;
  TemporalResnetBlock temporal_res_block_;
  AlphaBlender time_mixer_;
};
TORCH_MODULE(SpatioTemporalResBlock);

}  // namespace sfv::nn
