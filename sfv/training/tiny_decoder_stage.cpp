#include "sfv/training/tiny_decoder_stage.h"

#include <ATen/ops/stack.h>

#include <utility>

#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/random_weights.h"
#include "sfv/checkpoint/tiny_decoder_file.h"
#include "sfv/core/check.h"
#include "sfv/tensor/finite.h"
#include "sfv/tensor/mixed_precision.h"
#include "sfv/training/autoencoder_loss.h"
#include "sfv/training/averaged_model.h"
#include "sfv/training/clip_encoding.h"
#include "sfv/training/finite_loss.h"
#include "sfv/training/reconstruction_loss.h"
#include "sfv/training/train_precision.h"

namespace sfv::training {
namespace {

models::TinyKind kind_of(const AutoencoderOptions& options) {
  return options.tiny_decoder == TinyDecoderKind::kTaesdv ? models::TinyKind::kTaesdv
                                                          : models::TinyKind::kTaesd;
}

models::TinyDecoder random_decoder(models::TinyKind kind, uint64_t seed, const torch::Device& device) {
  models::TinyDecoder decoder(kind);
  const checkpoint::RandomWeights weights(checkpoint::parameter_shapes(*decoder), seed, 0);
  for (auto& item : decoder->named_parameters()) {
    item.value().set_data(weights.make(item.key()).to(device));
  }
  return decoder;
}

models::TinyDecoder make_decoder(const Recipe& recipe, const checkpoint::Model& model) {
  const models::VaeConfig& vae = model.vae->config();
  SFV_CHECK(
      vae.latent_channels == 4 && vae.compression() == 8, kUnsupported,
      "[train] autoencoder.train: a tiny decoder is for 4 latent channels and 8x8 pixels a latent cell; the "
      "model's VAE has ",
      vae.latent_channels, " and ", vae.compression(), "x", vae.compression());
  const AutoencoderOptions& o = recipe.autoencoder;
  models::TinyDecoder decoder{nullptr};
  if (o.tiny_start.empty()) {
    decoder = random_decoder(kind_of(o), recipe.seed, model.device);
  } else {
    decoder = checkpoint::load_tiny_decoder({o.tiny_start}, torch::kFloat32, model.device);
    SFV_CHECK(decoder->kind() == kind_of(o), kInvalidArgument,
              "[train] autoencoder.tiny_start: ", o.tiny_start, " holds ",
              o.tiny_decoder == TinyDecoderKind::kTaesdv ? "TAESD, and tiny_decoder is \"taesdv\""
                                                         : "TAESDV, and tiny_decoder is \"taesd\"");
  }
  make_trainable(*decoder, TrainableKind::kAll, {});
  return decoder;
}

}  // namespace

TinyDecoderStage::TinyDecoderStage(const Recipe& recipe, checkpoint::Model model)
    : recipe_(recipe),
      model_(std::move(model)),
      decoder_(make_decoder(recipe, model_)),
      trained_(*decoder_, "tiny_decoder", recipe.optimizer, recipe.ema) {
  if (recipe.autoencoder.adversarial_weight > 0)
    adversary_ = std::make_unique<PatchAdversary>(recipe, model_.device);
}

std::vector<Phase> TinyDecoderStage::phases() {
  std::vector<Phase> phases = {trained_.phase(
      recipe_.optimizer, [this](const TrainBatch& batch, double share, int64_t iteration,
                                MetricMeans& metrics) { accumulate(batch, share, iteration, metrics); })};
  if (adversary_) {
    phases.push_back(adversary_->phase([this](const TrainBatch& batch) {
      const Frames frames = decode(batch);
      return PatchAdversary::Pair{frames.target, frames.decoded};
    }));
  }
  return phases;
}

TinyDecoderStage::Frames TinyDecoderStage::decode(const TrainBatch& batch) {
  std::vector<torch::Tensor> targets, decoded;
  for (int64_t b = 0; b < batch.size(); ++b) {
    // [F, 4, h, w], not scaled: the frozen decoder's scale; the tiny one takes the UNet's.
    const MixedPrecision frozen(frozen_dtype(recipe_));
    const torch::Tensor latents = batch.latents.defined() ? batch.latents[b].to(model_.device)
                                                          : encode_clip_latents(model_, batch.pixels[b]);
    const int64_t F = latents.size(0);
    if (recipe_.autoencoder.tiny_target == TinyTarget::kDecoder) {
      const torch::NoGradGuard no_grad;
      const torch::Tensor frames = model_.vae->decode(latents.to(model_.dtype), F).to(at::kFloat);
      check_finite(frames, "VAE decoder");
      // A picture ends there: what is beyond need not be learnt.
      targets.push_back(frames.clamp(-1, 1));
    } else {
      targets.push_back(batch.pixels[b].to(model_.device));
    }
    const MixedPrecision trained(trained_dtype(recipe_));
    const torch::Tensor frames = decoder_->forward(latents * model_.vae->config().scaling_factor, F);
    decoded.push_back(frames.to(at::kFloat) * 2 - 1);  // it gives 0..1
  }
  return {at::stack(decoded), at::stack(targets)};
}

void TinyDecoderStage::accumulate(const TrainBatch& batch, double share, int64_t iteration,
                                  MetricMeans& metrics) {
  const AutoencoderOptions& o = recipe_.autoencoder;
  const Frames frames = decode(batch);
  const torch::Tensor l1 = pixel_l1_loss(frames.decoded, frames.target);
  torch::Tensor loss = o.l1_weight * l1;
  metrics.add("loss/l1",
              check_loss("loss/l1", l1,
                         {{"the frames to match", frames.target}, {"the decoded clips", frames.decoded}}));
  metrics.add("psnr", reconstruction_psnr(frames.decoded, frames.target));
  if (o.temporal_difference_weight > 0) {
    const torch::Tensor difference = frame_difference_loss(frames.decoded, frames.target).mean();
    loss = loss + o.temporal_difference_weight * difference;
    metrics.add("loss/temporal_difference", check_loss("loss/temporal_difference", difference, {}));
  }
  torch::Tensor extra;
  if (adversary_ && adversary_->counts(iteration)) {
    // The last convolution is registered last: its weight, then its bias.
    const auto parameters = decoder_->parameters();
    extra = adversary_->gradient(frames.decoded, loss, parameters[parameters.size() - 2], metrics);
  }
  backward_with(loss, frames.decoded, extra, share);
}

NamedTensors TinyDecoderStage::state() {
  NamedTensors state;
  trained_.append_state(state);
  if (adversary_) adversary_->append_state(state);
  return state;
}

std::vector<const torch::nn::Module*> TinyDecoderStage::networks() const {
  std::vector<const torch::nn::Module*> networks = {decoder_.get(), model_.vae.get(), model_.unet.get(),
                                                    model_.image_encoder.get()};
  if (adversary_) networks.push_back(&adversary_->network());
  return networks;
}

checkpoint::Model TinyDecoderStage::averaged_model() {
  checkpoint::Model averaged = model_;
  averaged.tiny_decoder = models::TinyDecoder(decoder_->kind());
  trained_.share_averages(*decoder_, *averaged.tiny_decoder);
  averaged.tiny_decoder->eval();
  return averaged;
}

void TinyDecoderStage::save_beside(const std::filesystem::path& checkpoint) {
  const checkpoint::Model averaged = averaged_model();
  checkpoint::save_tiny_decoder(*averaged.tiny_decoder, checkpoint / kFileName);
}

std::string TinyDecoderStage::model_defaults() const {
  return sampling_defaults(recipe_, SamplerKind::kEuler, 25, {1, 3});
}

}  // namespace sfv::training
