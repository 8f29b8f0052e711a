#include "sfv/training/diffusion_stage.h"

#include <ATen/ops/tensor.h>

#include <utility>

#include "sfv/training/averaged_model.h"
#include "sfv/training/finite_loss.h"
#include "sfv/training/latent_batch.h"
#include "sfv/training/motion_metrics.h"
#include "sfv/training/reconstruction_loss.h"
#include "sfv/training/train_precision.h"

namespace sfv::training {
namespace {

diffusion::NoiseLaw make_law(const Recipe& recipe) {
  const DiffusionOptions& o = recipe.diffusion;
  const auto ladder = diffusion::ascending_levels(o.ladder_levels, recipe.ladder.sigma_min,
                                                  recipe.ladder.sigma_max, recipe.ladder.rho);
  return diffusion::with_ladder_share(diffusion::log_normal(o.p_mean, o.p_std), ladder, o.ladder_share);
}

// Zeroes the image token, the condition latent, or both, of some samples.
void drop_conditions(LatentBatch& batch, const DiffusionOptions& options, uint64_t seed) {
  for (int64_t b = 0; b < batch.size(); ++b) {
    at::Generator generator = sample_generator(seed, batch.positions[b], RandomUse::kDropout);
    const double u = diffusion::draw_uniforms(1, generator)[0];
    const bool token = u < options.drop_token;
    const bool latent = !token && u < options.drop_token + options.drop_latent;
    const bool both = !token && !latent && u < options.drop_token + options.drop_latent + options.drop_both;
    if (token || both) batch.image_embeds[b].zero_();
    if (latent || both) batch.image_latents[b].zero_();
  }
}

}  // namespace

DiffusionStage::DiffusionStage(const Recipe& recipe, checkpoint::Model model)
    : recipe_(recipe),
      model_((make_trainable(*model.unet, recipe.trainable, recipe.trainable_regex), std::move(model))),
      trained_(*model_.unet, "unet", recipe.optimizer, recipe.ema),
      sigma_law_(make_law(recipe)) {
  use_checkpointing(*model_.unet, recipe);
}

std::vector<Phase> DiffusionStage::phases() {
  return {
      trained_.phase(recipe_.optimizer, [this](const TrainBatch& batch, double share, int64_t,
                                               MetricMeans& metrics) { accumulate(batch, share, metrics); })};
}

void DiffusionStage::accumulate(const TrainBatch& batch, double share, MetricMeans& metrics) {
  LatentBatch latents = encode_batch(model_, batch, recipe_.conditioning, recipe_.data.fps, recipe_.seed,
                                     frozen_dtype(recipe_));
  drop_conditions(latents, recipe_.diffusion, recipe_.seed);
  const torch::Tensor sigma =
      draw_sigmas(sigma_law_, latents.positions, recipe_.seed, RandomUse::kSigma).to(latents.x0.device());
  const torch::Tensor noise = draw_noise(latents.x0, latents.positions, recipe_.seed, RandomUse::kNoise);
  const torch::Tensor x0_hat =
      denoise(model_.unet, latents.x0 + per_sample(sigma) * noise, sigma, latents, trained_dtype(recipe_));
  torch::Tensor loss = mean_squared_error(x0_hat, latents.x0);
  if (recipe_.diffusion.weight == DiffusionWeight::kEdm) loss = loss * edm_weight(sigma);
  loss = loss.mean();
  metrics.add("loss/diffusion", check_loss("loss/diffusion", loss, {{"x0", latents.x0}, {"x0_hat", x0_hat}}));
  (loss * share).backward();
  add_motion_metrics(metrics, x0_hat, latents.x0, sigma);
}

NamedTensors DiffusionStage::state() {
  NamedTensors state;
  trained_.append_state(state);
  return state;
}

std::vector<const torch::nn::Module*> DiffusionStage::networks() const {
  return {model_.unet.get(), model_.vae.get(), model_.image_encoder.get()};
}

checkpoint::Model DiffusionStage::averaged_model() {
  return with_averaged_unet(model_, trained_);
}

std::string DiffusionStage::model_defaults() const {
  // Guidance needs what the network makes of no condition.
  const DiffusionOptions& o = recipe_.diffusion;
  const bool is_guidable = o.drop_token + o.drop_latent + o.drop_both > 0;
  return sampling_defaults(recipe_, SamplerKind::kEuler, 25, {1, is_guidable ? 3.0 : 1.0});
}

}  // namespace sfv::training
