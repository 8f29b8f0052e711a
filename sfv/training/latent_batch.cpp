#include "sfv/training/latent_batch.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <cmath>

#include "sfv/conditioning/conditioning.h"
#include "sfv/core/check.h"
#include "sfv/diffusion/preconditioning.h"
#include "sfv/tensor/finite.h"
#include "sfv/tensor/mixed_precision.h"
#include "sfv/tensor/random.h"
#include "sfv/training/clip_encoding.h"

namespace sfv::training {
namespace {

// Strength of the noise on the condition picture, and that noise, of one sample.
struct ConditionNoise {
  double strength = 0;
  torch::Tensor noise;  // [1, 3, H, W]
};

ConditionNoise draw_condition_noise(const ConditioningOptions& options, at::IntArrayRef picture,
                                    int64_t position, uint64_t seed) {
  at::Generator generator = sample_generator(seed, position, RandomUse::kConditionNoise);
  const double n = draw_normal({1}, generator).item<double>();
  const bool is_fixed = options.noise == ConditionNoiseKind::kFixed;
  return {is_fixed ? options.noise_level : std::exp(options.noise_mean + options.noise_std * n),
          draw_normal(picture, generator)};
}

}  // namespace

LatentBatch encode_batch(checkpoint::Model& model, const TrainBatch& batch,
                         const ConditioningOptions& options, double fps, uint64_t seed,
                         at::ScalarType compute) {
  const torch::NoGradGuard no_grad;
  const MixedPrecision scope(compute);
  const bool is_cached = batch.latents.defined();
  const int64_t F = is_cached ? batch.latents.size(1) : batch.pixels.size(1);
  const int64_t H = batch.pixels.size(3), W = batch.pixels.size(4);
  const double scale = model.vae->config().scaling_factor;
  std::vector<torch::Tensor> x0, image_latents, image_embeds, ids;
  for (int64_t b = 0; b < batch.size(); ++b) {
    const int64_t position = batch.positions[b];
    const torch::Tensor clip = batch.pixels[b];  // [F, 3, H, W]; of a cached clip [1, 3, H, W]
    const torch::Tensor latents =
        is_cached ? batch.latents[b].to(model.device) : encode_clip_latents(model, clip);
    x0.push_back(latents * scale);
    // The noise is on the picture, before the encoder: a cache cannot hold this latent.
    const ConditionNoise noise = draw_condition_noise(options, {1, 3, H, W}, position, seed);
    const torch::Tensor latent =
        conditioning::encode_latent(model.vae, clip.narrow(0, 0, 1), noise.noise, noise.strength);
    image_latents.push_back(latent.to(at::kFloat).repeat({F, 1, 1, 1}));
    image_embeds.push_back(is_cached ? batch.image_embeds[b].to(model.device)
                                     : encode_picture(model, batch.first_frames[b]));
    const double motion =
        options.motion == MotionKind::kFixed ? options.motion_bucket : static_cast<double>(batch.motion[b]);
    ids.push_back(at::tensor({fps - (options.fps_minus_one ? 1 : 0), motion, noise.strength}, at::kFloat));
  }
  LatentBatch result;
  result.x0 = at::stack(x0);
  check_finite(result.x0, is_cached ? "latent cache" : "VAE encoder");
  result.image_latents = at::stack(image_latents);
  SFV_CHECK(result.image_latents.sizes() == result.x0.sizes(), kInvalidFile,
            "[encode_batch] the cached latents have [B, F, C, h, w] = ", result.x0.sizes(),
            ", the VAE makes ", result.image_latents.sizes(), "; the cache is of another model");
  result.image_embeds = at::stack(image_embeds);
  check_finite(result.image_embeds, is_cached ? "latent cache" : "image encoder (CLIP)");
  result.added_time_ids = at::stack(ids).to(model.device);
  result.positions = batch.positions;
  return result;
}

torch::Tensor denoise(models::UNetSpatioTemporalConditionModel& unet, const torch::Tensor& x,
                      const torch::Tensor& sigma, const LatentBatch& condition, at::ScalarType compute) {
  const MixedPrecision scope(compute);
  const torch::Tensor sample = at::cat({diffusion::scale_model_input(x, sigma), condition.image_latents}, 2);
  const torch::Tensor v = unet->forward(sample, diffusion::preconditioning(sigma).c_noise,
                                        condition.image_embeds, condition.added_time_ids);
  return diffusion::to_x0(x, v.to(at::kFloat), sigma);
}

torch::Tensor draw_noise(const torch::Tensor& like, const std::vector<int64_t>& positions, uint64_t seed,
                         RandomUse use, int64_t skip) {
  std::vector<torch::Tensor> noise;
  for (const int64_t position : positions) {
    at::Generator generator = sample_generator(seed, position, use);
    for (int64_t i = 0; i < skip; ++i) (void)draw_normal(like.sizes().slice(1), generator);
    noise.push_back(draw_normal(like.sizes().slice(1), generator));
  }
  return at::stack(noise).to(like.device());
}

torch::Tensor draw_sigmas(const diffusion::NoiseLaw& law, const std::vector<int64_t>& positions,
                          uint64_t seed, RandomUse use, int64_t skip) {
  std::vector<float> sigmas;
  for (const int64_t position : positions) {
    at::Generator generator = sample_generator(seed, position, use);
    sigmas.push_back(static_cast<float>(law(diffusion::draw_uniforms(skip + 1, generator)[skip])));
  }
  return at::tensor(sigmas, at::kFloat);
}

torch::Tensor per_sample(const torch::Tensor& x) {
  return x.view({-1, 1, 1, 1, 1});
}

}  // namespace sfv::training
