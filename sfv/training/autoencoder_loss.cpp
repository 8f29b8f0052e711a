#include "sfv/training/autoencoder_loss.h"

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

struct Moments {
  torch::Tensor mean, log_variance;  // [N, C, h, w]
};

Moments split(const torch::Tensor& moments) {
  SFV_CHECK(moments.dim() == 4 && moments.size(1) % 2 == 0 && moments.numel() > 0, kInvalidArgument,
            "[autoencoder_loss] expected moments [N, 2 C, h, w], got ", moments.sizes());
  const int64_t C = moments.size(1) / 2;
  // diffusers' DiagonalGaussianDistribution clamps so.
  return {moments.narrow(1, 0, C), moments.narrow(1, C, C).clamp(-30, 20)};
}

}  // namespace

torch::Tensor pixel_l1_loss(const torch::Tensor& pixels, const torch::Tensor& target) {
  SFV_CHECK(pixels.sizes() == target.sizes(), kInvalidArgument,
            "[autoencoder_loss] expected pixels and target of one shape, got ", pixels.sizes(), " and ",
            target.sizes());
  return (pixels - target).abs().mean();
}

double reconstruction_psnr(const torch::Tensor& pixels, const torch::Tensor& target) {
  // The peak is 2, so a quarter of the squared error is that of pixels in 0..1.
  return -10 * (0.25 * (pixels - target).detach().square().mean()).log10().item<double>();
}

torch::Tensor kl_loss(const torch::Tensor& moments) {
  const Moments m = split(moments);
  const torch::Tensor nats = m.mean.square() + m.log_variance.exp() - 1 - m.log_variance;
  return nats.sum() * 0.5 / static_cast<double>(moments.size(0));
}

torch::Tensor sample_latent(const torch::Tensor& moments, const torch::Tensor& noise) {
  const Moments m = split(moments);
  return m.mean + (m.log_variance * 0.5).exp() * noise;
}

}  // namespace sfv::training
