#include "sfv/training/consistency_stage.h"

#include <ATen/ops/linspace.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <utility>

#include "sfv/diffusion/noise_distribution.h"
#include "sfv/training/averaged_model.h"
#include "sfv/training/finite_loss.h"
#include "sfv/training/motion_metrics.h"
#include "sfv/training/reconstruction_loss.h"
#include "sfv/training/train_precision.h"

namespace sfv::training {
namespace {

std::vector<double> falling_ladder(const Recipe& recipe) {
  std::vector<double> ladder = diffusion::ascending_levels(recipe.consistency.levels, recipe.ladder.sigma_min,
                                                           recipe.ladder.sigma_max, recipe.ladder.rho);
  std::reverse(ladder.begin(), ladder.end());
  ladder.push_back(0);
  return ladder;
}

checkpoint::Model trainable_copy(const Recipe& recipe, const checkpoint::Model& model) {
  checkpoint::Model copy = with_own_unet(model);
  make_trainable(*copy.unet, recipe.trainable, recipe.trainable_regex);
  use_checkpointing(*copy.unet, recipe);
  return copy;
}

double pick(const std::vector<double>& values, double u) {
  return values[std::min(static_cast<size_t>(u * static_cast<double>(values.size())), values.size() - 1)];
}

// Guidance of the teacher, one weight for each frame of each sample: [B, F, 1, 1, 1].
torch::Tensor draw_guidance(const ConsistencyOptions& options, const LatentBatch& latents, uint64_t seed) {
  std::vector<torch::Tensor> weights;
  for (const int64_t position : latents.positions) {
    at::Generator generator = sample_generator(seed, position, RandomUse::kGuidance);
    const std::vector<double> u = diffusion::draw_uniforms(2, generator);
    weights.push_back(at::linspace(pick(options.guidance_min, u[0]), pick(options.guidance_max, u[1]),
                                   latents.x0.size(1), at::kFloat));
  }
  return at::stack(weights).view({latents.size(), -1, 1, 1, 1}).to(latents.x0.device());
}

}  // namespace

ConsistencyStage::ConsistencyStage(const Recipe& recipe, checkpoint::Model model)
    : recipe_(recipe),
      teacher_(std::move(model)),
      model_(trainable_copy(recipe, teacher_)),
      target_(with_own_unet(teacher_)),
      trained_(*model_.unet, "unet", recipe.optimizer, recipe.ema),
      ladder_(falling_ladder(recipe)) {
  if (frozen_dtype(recipe) == at::kFloat) return;
  teacher_ = with_own_unet(teacher_);  // the one that was given stays as it is
  teacher_.unet->to(frozen_dtype(recipe));
}

std::vector<Phase> ConsistencyStage::phases() {
  return {{.name = "unet",
           .optimizer = &trained_.optimizer(),
           .options = &recipe_.optimizer,
           .accumulate = [this](const TrainBatch& batch, double share, int64_t,
                                MetricMeans& metrics) { accumulate(batch, share, metrics); },
           .after_step =
               [this] {
                 trained_.ema().update();
                 const torch::NoGradGuard no_grad;
                 const auto online = model_.unet->named_parameters();
                 for (auto& item : target_.unet->named_parameters()) {
                   item.value().lerp_(online[item.key()].detach(), 1 - recipe_.consistency.target_ema);
                 }
               }}};
}

torch::Tensor ConsistencyStage::teacher_step(const torch::Tensor& x, const torch::Tensor& sigma,
                                             const torch::Tensor& sigma_next, const LatentBatch& latents) {
  LatentBatch nothing = latents;
  nothing.image_embeds = at::zeros_like(latents.image_embeds);
  nothing.image_latents = at::zeros_like(latents.image_latents);
  // D is affine in F, so guiding x0_hat is guiding F.
  const torch::Tensor with = denoise(teacher_.unet, x, sigma, latents, frozen_dtype(recipe_));
  const torch::Tensor without = denoise(teacher_.unet, x, sigma, nothing, frozen_dtype(recipe_));
  const torch::Tensor x0_hat =
      without + draw_guidance(recipe_.consistency, latents, recipe_.seed) * (with - without);
  return x + (x - x0_hat) / per_sample(sigma) * per_sample(sigma_next - sigma);
}

void ConsistencyStage::accumulate(const TrainBatch& batch, double share, MetricMeans& metrics) {
  const ConsistencyOptions& o = recipe_.consistency;
  const LatentBatch latents = encode_batch(teacher_, batch, recipe_.conditioning, recipe_.data.fps,
                                           recipe_.seed, frozen_dtype(recipe_));
  std::vector<float> levels, next_levels;
  for (const int64_t position : latents.positions) {
    at::Generator generator = sample_generator(recipe_.seed, position, RandomUse::kSigma);
    const double u = diffusion::draw_uniforms(1, generator)[0];
    const auto n = static_cast<size_t>(u * static_cast<double>(o.levels));
    levels.push_back(static_cast<float>(ladder_[n]));
    next_levels.push_back(static_cast<float>(ladder_[n + 1]));
  }
  const torch::Tensor sigma = at::tensor(levels).to(latents.x0.device());
  const torch::Tensor sigma_next = at::tensor(next_levels).to(latents.x0.device());
  const torch::Tensor x = latents.x0 + per_sample(sigma) * draw_noise(latents.x0, latents.positions,
                                                                      recipe_.seed, RandomUse::kNoise);
  torch::Tensor target;
  {
    const torch::NoGradGuard no_grad;
    const torch::Tensor x_next = teacher_step(x, sigma, sigma_next, latents);
    target = denoise(target_.unet, x_next, sigma_next, latents, trained_dtype(recipe_));
  }
  const torch::Tensor weight = (sigma - sigma_next).pow(-o.weighting_power);
  const torch::Tensor x0_hat = denoise(model_.unet, x, sigma, latents, trained_dtype(recipe_));
  const torch::Tensor loss = (weight * pseudo_huber_per_element(x0_hat, target, o.huber_c)).mean();
  metrics.add(
      "loss/consistency",
      check_loss("loss/consistency", loss, {{"x0", latents.x0}, {"the target", target}, {"x0_hat", x0_hat}}));
  (loss * share).backward();
  add_motion_metrics(metrics, x0_hat, latents.x0, sigma);
}

NamedTensors ConsistencyStage::state() {
  NamedTensors state;
  trained_.append_state(state);
  NamedTensors target;
  for (const auto& item : target_.unet->named_parameters()) target.push_back({item.key(), item.value()});
  append(state, "target.weights", target);
  return state;
}

std::vector<const torch::nn::Module*> ConsistencyStage::networks() const {
  return {model_.unet.get(), teacher_.unet.get(), target_.unet.get(), model_.vae.get(),
          model_.image_encoder.get()};
}

checkpoint::Model ConsistencyStage::averaged_model() {
  return with_averaged_unet(model_, trained_);
}

std::string ConsistencyStage::model_defaults() const {
  return sampling_defaults(recipe_, SamplerKind::kLcm, 4, {1, 1});
}

}  // namespace sfv::training
