#include "sfv/training/autoencoder_stage.h"

#include <utility>

#include "sfv/core/check.h"
#include "sfv/tensor/mixed_precision.h"
#include "sfv/training/autoencoder_loss.h"
#include "sfv/training/averaged_model.h"
#include "sfv/training/finite_loss.h"
#include "sfv/training/latent_batch.h"
#include "sfv/training/reconstruction_loss.h"
#include "sfv/training/train_precision.h"

namespace sfv::training {
namespace {

// Kernels [O, I, 3, 1, 1]: 0 for the frame before and the one after.
void zero_neighbours(torch::nn::Module& network) {
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& weight : network.parameters()) {
    if (weight.dim() != 5) continue;
    weight.select(2, 0).zero_();
    weight.select(2, 2).zero_();
  }
}

checkpoint::Model make_trained(const Recipe& recipe, checkpoint::Model model) {
  const AutoencoderOptions& o = recipe.autoencoder;
  if (o.zero_neighbours) zero_neighbours(*model.vae);
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

// Weight of the convolution that the decoded pixels come out of.
torch::Tensor last_layer(const models::AutoencoderKLTemporalDecoder& vae) {
  const char* name =
      vae->config().has_temporal_decoder ? "decoder.time_conv_out.weight" : "decoder.conv_out.weight";
  return vae->named_parameters()[name];
}

}  // namespace

AutoencoderStage::AutoencoderStage(const Recipe& recipe, checkpoint::Model model)
    : recipe_(recipe),
      model_(make_trained(recipe, std::move(model))),
      trained_(*model_.vae, "vae", recipe.optimizer, recipe.ema) {
  const AutoencoderOptions& o = recipe.autoencoder;
  if (o.measure_scaling && o.train == AutoencoderPart::kAll) scale_.emplace();
  if (o.adversarial_weight > 0) adversary_ = std::make_unique<PatchAdversary>(recipe, model_.device);
}

std::vector<Phase> AutoencoderStage::phases() {
  std::vector<Phase> phases = {trained_.phase(
      recipe_.optimizer, [this](const TrainBatch& batch, double share, int64_t iteration,
                                MetricMeans& metrics) { accumulate(batch, share, iteration, metrics); })};
  if (adversary_) {
    phases.push_back(adversary_->phase([this](const TrainBatch& batch) {
      const Reconstruction r = reconstruct(batch);
      return PatchAdversary::Pair{r.clips, r.decoded};
    }));
  }
  return phases;
}

AutoencoderStage::Reconstruction AutoencoderStage::reconstruct(const TrainBatch& batch) {
  const int64_t F = batch.pixels.size(1);
  const torch::Tensor clips = batch.pixels.to(model_.device);  // [B, F, 3, H, W]
  const at::ScalarType compute = trained_dtype(recipe_);
  torch::Tensor moments;
  {
    const bool trains = recipe_.autoencoder.train == AutoencoderPart::kAll;
    const MixedPrecision scope(trains ? compute : frozen_dtype(recipe_));
    moments = model_.vae->encode_moments(clips.flatten(0, 1)).to(at::kFloat);
  }
  const int64_t C = moments.size(1) / 2;
  torch::Tensor latents = moments.narrow(1, 0, C);
  if (recipe_.autoencoder.sample_posterior) {
    const torch::Tensor like = latents.unflatten(0, {batch.size(), F});
    latents = sample_latent(
        moments, draw_noise(like, batch.positions, recipe_.seed, RandomUse::kPosterior).flatten(0, 1));
  }
  const MixedPrecision scope(compute);
  return {clips, moments, model_.vae->decode(latents, F).to(at::kFloat).unflatten(0, {batch.size(), F})};
}

void AutoencoderStage::accumulate(const TrainBatch& batch, double share, int64_t iteration,
                                  MetricMeans& metrics) {
  const AutoencoderOptions& o = recipe_.autoencoder;
  const auto [clips, moments, decoded] = reconstruct(batch);
  if (scale_) scale_->add(moments.narrow(1, 0, moments.size(1) / 2));
  const torch::Tensor l1 = pixel_l1_loss(decoded, clips);
  torch::Tensor loss = o.l1_weight * l1;
  metrics.add("loss/l1",
              check_loss("loss/l1", l1, {{"the moments", moments}, {"the decoded clips", decoded}}));
  metrics.add("psnr", reconstruction_psnr(decoded, clips));
  if (o.train == AutoencoderPart::kAll && o.kl_weight > 0) {
    const torch::Tensor kl = kl_loss(moments);
    loss = loss + o.kl_weight * kl;
    metrics.add("loss/kl", check_loss("loss/kl", kl, {{"the latents' moments", moments}}));
  }
  if (o.temporal_difference_weight > 0) {
    const torch::Tensor difference = frame_difference_loss(decoded, clips).mean();
    loss = loss + o.temporal_difference_weight * difference;
    metrics.add("loss/temporal_difference", check_loss("loss/temporal_difference", difference, {}));
  }
  torch::Tensor extra;
  if (adversary_ && adversary_->counts(iteration))
    extra = adversary_->gradient(decoded, loss, last_layer(model_.vae), metrics);
  backward_with(loss, decoded, extra, share);
}

NamedTensors AutoencoderStage::state() {
  NamedTensors state;
  trained_.append_state(state);
  for (const NamedTensor& figure : running_figures()) state.push_back(figure);
  if (adversary_) adversary_->append_state(state);
  return state;
}

NamedTensors AutoencoderStage::running_figures() {
  return scale_ ? NamedTensors{{"latent_sums", scale_->sums()}} : NamedTensors{};
}

void AutoencoderStage::update_configs(checkpoint::ConfigTexts& texts) const {
  if (!scale_) return;
  io::JsonConfig& config = texts.at("vae/config.json");
  config = config.with_double("scaling_factor", scale_->scaling_factor(model_.vae->config().scaling_factor));
}

std::vector<const torch::nn::Module*> AutoencoderStage::networks() const {
  std::vector<const torch::nn::Module*> networks = {model_.vae.get(), model_.unet.get(),
                                                    model_.image_encoder.get()};
  if (adversary_) networks.push_back(&adversary_->network());
  return networks;
}

checkpoint::Model AutoencoderStage::averaged_model() {
  checkpoint::Model averaged = model_;
  averaged.vae = models::AutoencoderKLTemporalDecoder(model_.vae->config());
  trained_.share_averages(*model_.vae, *averaged.vae);
  averaged.vae->eval();
  return averaged;
}

std::string AutoencoderStage::model_defaults() const {
  return sampling_defaults(recipe_, SamplerKind::kEuler, 25, {1, 3});
}

}  // namespace sfv::training
