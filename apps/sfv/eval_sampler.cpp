// The pipeline's line (photo, conditions, noise, denoising, decoding) for a batch of clips of equal settings.
#include "apps/sfv/eval_sampler.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <utility>
#include <vector>

#include "sfv/conditioning/clip_preprocess.h"
#include "sfv/conditioning/conditioning.h"
#include "sfv/core/check.h"
#include "sfv/core/guidance.h"
#include "sfv/diffusion/karras_schedule.h"
#include "sfv/diffusion/samplers.h"
#include "sfv/tensor/finite.h"
#include "sfv/tensor/random.h"

namespace sfv::cli {

BatchSampler::BatchSampler(checkpoint::Model& model, GenerateSettings settings, double fps_told,
                           std::function<void()> on_step)
    : model_(model), settings_(std::move(settings)), fps_told_(fps_told), on_step_(std::move(on_step)) {}

torch::Tensor BatchSampler::sample(std::span<const ClipStart> starts) {
  const torch::NoGradGuard no_grad;
  const GenerateSettings& s = settings_;
  const auto& extractor = model_.feature_extractor;
  const int64_t B = static_cast<int64_t>(starts.size());
  std::vector<at::Generator> generators;
  std::vector<torch::Tensor> clip_pixels, pixels, image_noise, ids;
  for (const ClipStart& start : starts) {
    SFV_CHECK(start.image->width == s.width && start.image->height == s.height, kInvalidArgument,
              "[eval] expected a first frame of ", s.width, "x", s.height, ", got ", start.image->width, "x",
              start.image->height);
    generators.push_back(make_generator(start.seed));
    clip_pixels.push_back(conditioning::clip_pixel_values(
        *start.image, model_.image_encoder->config().image_size, extractor.image_mean, extractor.image_std));
    pixels.push_back(conditioning::to_pixels(*start.image));
    image_noise.push_back(draw_normal({1, 3, s.height, s.width}, generators.back()));
    ids.push_back(at::tensor({fps_told_, start.motion, s.noise_aug}, at::kFloat));
  }
  conditioning::Conditioning condition;
  condition.image_embeds =
      conditioning::encode_image(model_.image_encoder, at::cat(clip_pixels), model_.dtype);  // [B, 1, X]
  const torch::Tensor latent =
      conditioning::encode_latent(model_.vae, at::cat(pixels), at::cat(image_noise), s.noise_aug);
  condition.image_latents =
      latent.to(model_.dtype).unsqueeze(1).repeat({1, s.frames, 1, 1, 1});  // [B, F, C, h, w]
  condition.added_time_ids = at::stack(ids).to(model_.device, model_.dtype);
  const conditioning::Conditioning unconditional = conditioning::make_unconditional(condition);

  const auto draw = [&] {
    std::vector<torch::Tensor> noise;
    for (at::Generator& generator : generators)
      noise.push_back(draw_normal(condition.image_latents.sizes().slice(1), generator));
    return at::stack(noise);
  };
  const auto& [sigma_min, sigma_max] = model_.scheduler;
  const std::vector<float> sigmas = s.sampler == SamplerKind::kLcm
                                        ? diffusion::lcm_schedule(s.steps, sigma_min, sigma_max)
                                        : diffusion::karras_schedule(s.steps, sigma_min, sigma_max);
  const torch::Tensor x = draw().to(model_.device, model_.dtype) * diffusion::init_noise_sigma(sigmas[0]);
  const auto network = [&](const torch::Tensor& scaled_x, float c_noise) {
    const torch::Tensor timestep = at::full({1}, c_noise, scaled_x.options().dtype(at::kFloat));
    const auto run = [&](const conditioning::Conditioning& c) {
      const torch::Tensor v = model_.unet->forward(at::cat({scaled_x, c.image_latents}, 2), timestep,
                                                   c.image_embeds, c.added_time_ids);
      check_finite(v, "UNet");
      on_step_();
      return v;
    };
    const torch::Tensor v = run(condition);
    return is_guided(s) ? diffusion::guide(v, run(unconditional), s.guidance.min, s.guidance.max) : v;
  };
  const torch::Tensor latents =
      s.sampler == SamplerKind::kLcm
          ? diffusion::sample_lcm(x, sigmas, network, [&](int64_t) { return draw(); })
          : diffusion::sample_euler(x, sigmas, network);
  const torch::Tensor unscaled = latents.flatten(0, 1) * (1 / model_.vae->config().scaling_factor);
  const torch::Tensor frames = model_.vae->decode(unscaled, s.frames).to(at::kCPU, at::kFloat);
  check_finite(frames, "decoder");
  return frames.unflatten(0, {B, s.frames}).clamp(-1, 1);
}

}  // namespace sfv::cli
