#include "sfv/training/recipe_discriminator.h"

#include "sfv/tensor/random.h"
#include "sfv/training/averaged_model.h"
#include "sfv/training/train_precision.h"

namespace sfv::training {
namespace {

models::DiscriminatorConfig config_of(const DiscriminatorOptions& o) {
  models::DiscriminatorConfig config;
  config.spatial_heads = o.heads != HeadKind::kTemporal;
  config.temporal_heads = o.heads != HeadKind::kSpatial;
  config.image_condition = o.image_condition;
  config.sigma_condition = o.sigma_condition;
  config.frame_condition = o.frame_condition;
  config.width = o.width;
  config.spatial_kernel = o.spatial_kernel;
  config.spatial_residual_kernel = o.spatial_residual_kernel;
  config.temporal_kernel = o.temporal_kernel;
  config.temporal_residual_kernel = o.temporal_residual_kernel;
  config.norm =
      o.norm == HeadNorm::kGroup ? models::DiscriminatorNorm::kGroup : models::DiscriminatorNorm::kBatchLocal;
  return config;
}

}  // namespace

models::Discriminator make_discriminator(const Recipe& recipe, const checkpoint::Model& model) {
  models::Discriminator discriminator(model.unet->config(), config_of(recipe.adversarial.discriminator));
  at::Generator generator = make_generator(recipe.seed);
  discriminator->initialise_heads(generator);
  const bool trains = recipe.adversarial.discriminator.backbone == BackboneKind::kTrained;
  discriminator->copy_encoder(*model.unet, trains ? at::kFloat : frozen_dtype(recipe));
  discriminator->to(model.device);
  discriminator->set_encoder_trainable(trains);
  use_checkpointing(*discriminator->encoder(), recipe);
  return discriminator;
}

diffusion::NoiseLaw make_discriminator_law(const Recipe& recipe) {
  const DiscriminatorOptions& o = recipe.adversarial.discriminator;
  const LadderOptions& l = recipe.ladder;
  switch (o.noise) {
    case DiscriminatorNoise::kDiscretisedLogNormal:
      return diffusion::as_law(diffusion::discretised_log_normal(
          diffusion::ascending_levels(o.levels, l.sigma_min, l.sigma_max, l.rho), o.p_mean, o.p_std));
    case DiscriminatorNoise::kLogitNormal:
      return diffusion::logit_normal(o.logit_mean, o.logit_std);
    case DiscriminatorNoise::kTied:
      return {};
  }
  return {};
}

}  // namespace sfv::training
