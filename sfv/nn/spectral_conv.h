#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace sfv::nn {

struct SpectralConvOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel = 1;      // odd; the size is kept by zero padding
  bool over_time = false;  // kernel (k, 1, 1) along the frames instead of (k, k) within each
};

/// A convolution whose weight is divided by its largest singular value (as a matrix out x in k k), so that it
/// stretches nothing: weight / (u^T W v). The gradient goes through W, not through u and v. Unlike torch's,
/// the power iteration behind u and v runs only when told, so that every pass of a step, on every rank, sees
/// the same network. Source: Miyato et al. 2018, "Spectral Normalization for Generative Adversarial
/// Networks".
class SpectralConvImpl : public torch::nn::Module {
 public:
  /// The parameters take no memory until initialise() or a checkpoint sets them.
  explicit SpectralConvImpl(const SpectralConvOptions& options);

  /// Weight and bias uniform in +-1/sqrt(fan_in); u and v from random ones by 15 power iterations.
  void initialise(at::Generator& generator);
  /// One power iteration: v = W^T u, u = W v, each normalised. Once an optimiser step, after it.
  void update_spectral_norm();

  /// x: [(B F), in_channels, H, W] -> [(B F), out_channels, H, W], channels-last.
  torch::Tensor forward(const torch::Tensor& x, int64_t frames) const;

  torch::Tensor weight;  // [out, in, k, k], or [out, in, k, 1, 1] over time
  torch::Tensor bias;    // [out]
  torch::Tensor u;       // [out], buffer
  torch::Tensor v;       // [in k k] or [in k], buffer

 private:
  SpectralConvOptions options_;
};
TORCH_MODULE(SpectralConv);

}  // namespace sfv::nn
