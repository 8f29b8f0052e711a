#include "sfv/training/recipe.h"

#include "sfv/core/check.h"

// Defaults: SF-V's stand in the structs. Where a method's paper says nothing, the value is what its public
// code uses; recipes/svd gives the source of each.

namespace sfv::training {
namespace {

void set_autoencoder(Recipe& recipe) {
  recipe.steps = 20'000;
  recipe.batch = 8;
  recipe.optimizer = {.kind = OptimizerKind::kAdamW, .lr = 1e-4};
  // Low moments, as is usual against a patch discriminator (VQGAN, 2012.09841).
  recipe.discriminator_optimizer = {.kind = OptimizerKind::kAdamW, .lr = 1e-4, .beta1 = 0.5, .beta2 = 0.9};
  recipe.ema = {.decay = 0.999, .warm_up = 10};
}

void set_diffusion(Recipe& recipe) {
  recipe.optimizer = {.kind = OptimizerKind::kAdamW, .lr = 1e-5, .weight_decay = 1e-2};
  recipe.ema = {.decay = 0.9999, .warm_up = 10};
  recipe.samples.steps = {1, 25};
  recipe.samples.guidance_max = 3;
}

void set_consistency(Recipe& recipe) {
  recipe.optimizer = {.kind = OptimizerKind::kAdamW,
                      .lr = 1e-6,
                      .weight_decay = 1e-3,
                      .warm_up = WarmUpKind::kLinear,
                      .warm_up_steps = 1000};
  recipe.samples.steps = {1, 4};
  recipe.samples.multi_step_sampler = SamplerKind::kLcm;
}

void set_ladd(AdversarialOptions& options) {
  options.discriminator.noise = DiscriminatorNoise::kLogitNormal;
  options.reconstruction.loss = ReconstructionLoss::kOff;
}

void set_ufogen(AdversarialOptions& options) {
  options.discriminator.noise = DiscriminatorNoise::kTied;
  options.reconstruction.loss = ReconstructionLoss::kMse;
  options.reconstruction.sigma_weight = SigmaWeight::kEdm;
  options.reconstruction.lambda = 1;
}

}  // namespace

Recipe default_recipe(Stage stage, AdversarialMethod method) {
  Recipe recipe;
  recipe.stage = stage;
  recipe.discriminator_optimizer.lr = 1e-4;
  if (stage == Stage::kAutoencoder) set_autoencoder(recipe);
  if (stage == Stage::kDiffusion) set_diffusion(recipe);
  if (stage == Stage::kConsistency) set_consistency(recipe);
  if (stage != Stage::kAdversarial) return recipe;
  recipe.samples.steps = {1, 4};
  recipe.adversarial.method = method;
  if (method == AdversarialMethod::kLadd) set_ladd(recipe.adversarial);
  if (method == AdversarialMethod::kUfogen) set_ufogen(recipe.adversarial);
  return recipe;
}

int64_t accumulation_steps(const Recipe& recipe, int64_t ranks) {
  SFV_CHECK(ranks >= 1, kInvalidArgument, "[recipe] expected at least 1 rank, found ", ranks);
  // Not micro_batch * ranks, which could overflow.
  const bool divides =
      recipe.batch % recipe.micro_batch == 0 && recipe.batch / recipe.micro_batch % ranks == 0;
  SFV_CHECK(divides, kInvalidArgument,
            "[recipe] batch: expected a multiple of micro_batch * ranks = ", recipe.micro_batch, " * ", ranks,
            ", found ", recipe.batch, "; change the number of ranks, batch or micro_batch");
  return recipe.batch / recipe.micro_batch / ranks;
}

}  // namespace sfv::training
