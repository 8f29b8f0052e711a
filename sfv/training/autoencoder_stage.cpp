#include "sfv/training/autoencoder_stage.h"

#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/training/autoencoder_loss.h"
#include "sfv/training/averaged_model.h"
#include "sfv/training/finite_loss.h"
#include "sfv/training/latent_batch.h"
#include "sfv/training/reconstruction_loss.h"

namespace sfv::training {
namespace {

checkpoint::Model make_trained(const Recipe& recipe, checkpoint::Model model) {
  const AutoencoderOptions& o = recipe.autoencoder;
  SFV_CHECK(
      o.train != AutoencoderPart::kTinyDecoder, kUnsupported,
      "[train] autoencoder.train: tiny-decoder cannot be trained yet; use all, decoder or temporal-decoder");
  SFV_CHECK(o.adversarial_weight == 0, kUnsupported,
            "[train] autoencoder.adversarial_weight: the patch discriminator is not there yet; set it to 0");
  if (o.measure_scaling && o.train == AutoencoderPart::kAll) {
    log_warning(
        "[train] autoencoder.measure_scaling is not there yet: scaling_factor stays as vae/config.json has "
        "it");
  }
  switch (o.train) {
    case AutoencoderPart::kDecoder:
      make_trainable(*model.vae, TrainableKind::kRegex, "^decoder\\.");
      break;
    case AutoencoderPart::kTemporalDecoder:
      make_trainable(*model.vae, TrainableKind::kTemporal, {});
      break;
    default:
      make_trainable(*model.vae, TrainableKind::kAll, {});
  }
  return model;
}

checkpoint::Model with_own_vae(const checkpoint::Model& model) {
  checkpoint::Model copy = model;
  copy.vae = models::AutoencoderKLTemporalDecoder(model.vae->config());
  copy_parameters(*model.vae, *copy.vae);
  copy.vae->eval();
  return copy;
}

}  // namespace

AutoencoderStage::AutoencoderStage(const Recipe& recipe, checkpoint::Model model)
    : recipe_(recipe),
      model_(make_trained(recipe, std::move(model))),
      trained_(*model_.vae, "vae", recipe.optimizer, recipe.ema),
      averaged_(with_own_vae(model_)) {}

std::vector<Phase> AutoencoderStage::phases() {
  return {{.name = "vae",
           .optimizer = &trained_.optimizer(),
           .options = &recipe_.optimizer,
           .accumulate = [this](const TrainBatch& batch, double share, int64_t,
                                MetricMeans& metrics) { accumulate(batch, share, metrics); },
           .after_step = [this] { trained_.ema().update(); }}};
}

void AutoencoderStage::accumulate(const TrainBatch& batch, double share, MetricMeans& metrics) {
  const AutoencoderOptions& o = recipe_.autoencoder;
  const int64_t F = batch.pixels.size(1);
  const torch::Tensor clips = batch.pixels.to(model_.device);  // [B, F, 3, H, W]
  const torch::Tensor moments = model_.vae->encode_moments(clips.flatten(0, 1));
  const int64_t C = moments.size(1) / 2;
  torch::Tensor latents = moments.narrow(1, 0, C);
  if (o.sample_posterior) {
    const torch::Tensor like = latents.unflatten(0, {batch.size(), F});
    latents = sample_latent(
        moments, draw_noise(like, batch.positions, recipe_.seed, RandomUse::kPosterior).flatten(0, 1));
  }
  const torch::Tensor decoded = model_.vae->decode(latents, F).unflatten(0, {batch.size(), F});
  const torch::Tensor l1 = pixel_l1_loss(decoded, clips);
  torch::Tensor loss = o.l1_weight * l1;
  metrics.add("loss/l1",
              check_loss("loss/l1", l1, {{"the latents", latents}, {"the decoded clips", decoded}}));
  metrics.add("psnr", -10 * (0.25 * (decoded - clips).detach().square().mean()).log10().item<double>());
  if (o.train == AutoencoderPart::kAll && o.kl_weight > 0) {
    const torch::Tensor kl = kl_loss(moments);
    loss = loss + o.kl_weight * kl;
    metrics.add("loss/kl", check_loss("loss/kl", kl, {{"the latents' moments", moments}}));
  }
  if (o.temporal_difference_weight > 0) {
    const torch::Tensor difference = frame_difference_loss(decoded, clips).mean();
    loss = loss + o.temporal_difference_weight * difference;
    metrics.add("loss/temporal_difference", difference.item<double>());
  }
  (loss * share).backward();
}

NamedTensors AutoencoderStage::state() {
  NamedTensors state;
  trained_.append_state(state);
  return state;
}

checkpoint::Model& AutoencoderStage::averaged_model() {
  trained_.copy_averages(*averaged_.vae);
  return averaged_;
}

std::string AutoencoderStage::model_defaults() const {
  return sampling_defaults(recipe_, SamplerKind::kEuler, 25, {1, 3});
}

}  // namespace sfv::training
