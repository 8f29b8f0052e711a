#include "sfv/training/adversarial_stage.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <utility>

#include "sfv/core/check.h"
#include "sfv/diffusion/preconditioning.h"
#include "sfv/tensor/mixed_precision.h"
#include "sfv/training/averaged_model.h"
#include "sfv/training/drift_score.h"
#include "sfv/training/finite_loss.h"
#include "sfv/training/generator_start.h"
#include "sfv/training/hinge_loss.h"
#include "sfv/training/motion_metrics.h"
#include "sfv/training/non_saturating_loss.h"
#include "sfv/training/r1_penalty.h"
#include "sfv/training/recipe_discriminator.h"
#include "sfv/training/reconstruction_loss.h"
#include "sfv/training/relativistic_loss.h"
#include "sfv/training/train_precision.h"

namespace sfv::training {
namespace {

// The model's UNet, or the recipe's own start, ready to train. The discriminator has its copy by now.
checkpoint::Model make_generator_model(const Recipe& recipe, checkpoint::Model model) {
  if (!recipe.adversarial.generator_start.empty()) load_unet(recipe.adversarial.generator_start, model);
  make_trainable(*model.unet, recipe.trainable, recipe.trainable_regex);
  use_checkpointing(*model.unet, recipe);
  return model;
}

const Recipe& checked(const Recipe& recipe) {
  const DriftOptions& o = recipe.adversarial.drift;
  SFV_CHECK(o.weight == 0 || recipe.micro_batch % o.noises == 0, kInvalidArgument,
            "[recipe] micro_batch: expected a multiple of adversarial.drift.noises = ", o.noises, ", found ",
            recipe.micro_batch);
  SFV_CHECK(o.weight == 0 || recipe.data.frames >= kLeastDriftFrames, kInvalidArgument,
            "[recipe] data.frames: expected at least ", kLeastDriftFrames, " for adversarial.drift, found ",
            recipe.data.frames);
  return recipe;
}

torch::Tensor discriminator_loss(AdversarialLoss kind, const PatchLogits& real, const PatchLogits& fake) {
  switch (kind) {
    case AdversarialLoss::kHinge:
      return hinge_discriminator_loss(real, fake);
    case AdversarialLoss::kNonSaturating:
      return non_saturating_discriminator_loss(real, fake);
    case AdversarialLoss::kRelativistic:
      return relativistic_discriminator_loss(real, fake);
  }
  throw Error(ErrorCode::kInternal, "[train] unknown loss");
}

// Of a further kind of fake, which has no real partner.
torch::Tensor fake_loss(AdversarialLoss kind, const PatchLogits& fake) {
  return kind == AdversarialLoss::kHinge ? hinge_fake_loss(fake) : non_saturating_fake_loss(fake);
}

// The first of the batch's clips, each as often as it gets noises; the samples keep their own random numbers.
LatentBatch with_first_clips(const LatentBatch& all, int64_t noises) {
  const auto repeated = [&](const torch::Tensor& x) {
    return x.narrow(0, 0, x.size(0) / noises).repeat_interleave(noises, 0);
  };
  return {.x0 = repeated(all.x0),
          .image_latents = repeated(all.image_latents),
          .image_embeds = repeated(all.image_embeds),
          .added_time_ids = repeated(all.added_time_ids),
          .positions = all.positions};
}

void add_accuracies(MetricMeans& metrics, const std::string& side,
                    const std::vector<models::HeadLogits>& heads, const std::vector<double>& accuracies) {
  for (size_t i = 0; i < heads.size(); ++i)
    metrics.add("accuracy_" + side + "/" + heads[i].name, accuracies[i]);
}

// What a judgement was made of, in that order, for a message: the features of each block, the logits.
void append_judged(NamedTensors& made, const std::string& side, const std::vector<torch::Tensor>& taps,
                   const std::vector<models::HeadLogits>& heads) {
  for (size_t i = 0; i < taps.size(); ++i)
    made.push_back({concat("the discriminator's features ", i, " of ", side, " clips"), taps[i]});
  for (const models::HeadLogits& head : heads)
    made.push_back({concat("the logits of head ", head.name, " of ", side, " clips"), head.logits});
}

}  // namespace

AdversarialStage::AdversarialStage(const Recipe& recipe, checkpoint::Model model)
    : recipe_(checked(recipe)),
      discriminator_(make_discriminator(recipe, model)),
      model_(make_generator_model(recipe, std::move(model))),
      generator_(*model_.unet, "generator", recipe.optimizer, recipe.ema),
      discriminator_parameters_(trainable_parameters(*discriminator_)),
      discriminator_optimizer_(make_optimizer(recipe.discriminator_optimizer, discriminator_parameters_)),
      generator_ladder_(diffusion::ascending_levels(recipe.adversarial.generator_levels,
                                                    recipe.ladder.sigma_min, recipe.ladder.sigma_max,
                                                    recipe.ladder.rho)),
      generator_law_(diffusion::generator_levels(generator_ladder_, recipe.adversarial.level_weights)),
      discriminator_law_(make_discriminator_law(recipe)),
      balance_(recipe.adversarial.reconstruction) {}

std::vector<Phase> AdversarialStage::phases() {
  const Phase discriminator = {
      .name = "discriminator",
      .optimizer = discriminator_optimizer_.get(),
      .options = &recipe_.discriminator_optimizer,
      .accumulate = [this](const TrainBatch& batch, double share, int64_t,
                           MetricMeans& metrics) { accumulate_discriminator(batch, share, metrics); },
      .after_step = [this] { discriminator_->update_spectral_norm(); }};
  const Phase generator = generator_.phase(
      recipe_.optimizer,
      [this](const TrainBatch& batch, double share, int64_t iteration, MetricMeans& metrics) {
        accumulate_generator(batch, share, iteration, metrics);
      });
  const AdversarialOptions& o = recipe_.adversarial;
  std::vector<Phase> phases;
  if (o.adversarial_weight > 0) phases.assign(static_cast<size_t>(o.discriminator.updates), discriminator);
  phases.insert(phases.end(), static_cast<size_t>(o.generator_updates), generator);
  return phases;
}

AdversarialStage::Generated AdversarialStage::generate(const LatentBatch& latents, int64_t noises) {
  std::vector<float> sigma, below;
  for (size_t i = 0; i < latents.positions.size(); ++i) {
    const int64_t position = latents.positions[i / noises * noises];
    at::Generator generator = sample_generator(recipe_.seed, position, RandomUse::kSigma);
    // Index 0 of the law is level 1 of the ladder.
    const int64_t level = generator_law_.index_at(diffusion::draw_uniforms(1, generator)[0]) + 1;
    sigma.push_back(static_cast<float>(generator_ladder_[level]));
    below.push_back(static_cast<float>(generator_ladder_[level - 1]));
  }
  Generated generated;
  generated.sigma = at::tensor(sigma).to(latents.x0.device());
  generated.sigma_below = at::tensor(below).to(latents.x0.device());
  const torch::Tensor noise = draw_noise(latents.x0, latents.positions, recipe_.seed, RandomUse::kNoise);
  generated.x0_hat = denoise(model_.unet, latents.x0 + per_sample(generated.sigma) * noise, generated.sigma,
                             latents, trained_dtype(recipe_));
  return generated;
}

torch::Tensor AdversarialStage::discriminator_sigma(const LatentBatch& latents, const Generated& generated,
                                                    int64_t side) const {
  if (!discriminator_law_) return generated.sigma_below;
  const int64_t skip = recipe_.adversarial.same_sigma ? 0 : side;
  return draw_sigmas(discriminator_law_, latents.positions, recipe_.seed, RandomUse::kDiscriminatorSigma,
                     skip)
      .to(latents.x0.device());
}

torch::Tensor AdversarialStage::discriminator_noise(const LatentBatch& latents, int64_t side) const {
  const int64_t skip = recipe_.adversarial.same_noise ? 0 : side;
  return draw_noise(latents.x0, latents.positions, recipe_.seed, RandomUse::kDiscriminatorNoise, skip);
}

AdversarialStage::Judgement AdversarialStage::judge(const torch::Tensor& noised, const torch::Tensor& sigma,
                                                    const LatentBatch& condition, bool with_graph) {
  const diffusion::BatchPreconditioning scales = diffusion::preconditioning(sigma);
  Judgement judged;
  judged.noised = noised;
  judged.sigma = sigma;
  {
    const torch::AutoGradMode grad_mode(with_graph);
    const bool trains = recipe_.adversarial.discriminator.backbone == BackboneKind::kTrained;
    const MixedPrecision scope(trains ? trained_dtype(recipe_) : frozen_dtype(recipe_));
    judged.taps = discriminator_->encode(at::cat({scales.c_in * noised, condition.image_latents}, 2),
                                         scales.c_noise, condition.image_embeds, condition.added_time_ids);
  }
  // R1 asks for gradients at the taps.
  if (!with_graph) judged.taps = begin_features(judged.taps);
  const MixedPrecision scope(trained_dtype(recipe_));
  judged.heads = discriminator_->judge(judged.taps, {scales.c_noise, condition.image_embeds}, noised.size(1));
  return judged;
}

torch::Tensor AdversarialStage::penalty(const Judgement& judged, const LatentBatch& condition, int64_t side,
                                        bool with_graph) {
  const R1Options& r1 = recipe_.adversarial.r1;
  if (r1.kind == R1Kind::kR1) return r1_penalty(judged.heads, judged.taps);
  const torch::Tensor n =
      draw_noise(judged.noised, condition.positions, recipe_.seed, RandomUse::kPenalty, side);
  const Judgement near = judge(judged.noised + r1.sigma * n, judged.sigma, condition, with_graph);
  return approximate_r1_penalty(logits_of(judged.heads), logits_of(near.heads));
}

torch::Tensor AdversarialStage::further_fakes(const LatentBatch& latents, const Generated& generated,
                                              bool with_graph) {
  const DiscriminatorOptions& o = recipe_.adversarial.discriminator;
  const torch::Tensor sigma = discriminator_sigma(latents, generated, 1);
  const torch::Tensor noise = per_sample(sigma) * discriminator_noise(latents, 1);
  torch::Tensor loss = at::zeros({}, latents.x0.options());
  if (o.mismatched_weight > 0 && latents.size() > 1) {
    // A real clip beside the next one's condition.
    LatentBatch other = latents;
    other.image_latents = latents.image_latents.roll(1, 0);
    other.image_embeds = latents.image_embeds.roll(1, 0);
    const Judgement judged = judge(latents.x0 + noise, sigma, other, with_graph);
    loss = loss + o.mismatched_weight * fake_loss(o.loss, logits_of(judged.heads));
  }
  if (o.frozen_frame_weight > 0) {
    const torch::Tensor still = latents.x0.narrow(1, 0, 1).expand_as(latents.x0);
    const Judgement judged = judge(still + noise, sigma, latents, with_graph);
    loss = loss + o.frozen_frame_weight * fake_loss(o.loss, logits_of(judged.heads));
  }
  return loss;
}

void AdversarialStage::accumulate_discriminator(const TrainBatch& batch, double share, MetricMeans& metrics) {
  const AdversarialOptions& o = recipe_.adversarial;
  const bool with_graph = o.discriminator.backbone == BackboneKind::kTrained;
  const LatentBatch latents = encode_batch(model_, batch, recipe_.conditioning, recipe_.data.fps,
                                           recipe_.seed, frozen_dtype(recipe_));
  Generated generated;
  {
    const torch::NoGradGuard no_grad;
    generated = generate(latents);
  }
  const torch::Tensor real_sigma = discriminator_sigma(latents, generated, 0);
  const torch::Tensor fake_sigma = discriminator_sigma(latents, generated, 1);
  const Judgement real = judge(latents.x0 + per_sample(real_sigma) * discriminator_noise(latents, 0),
                               real_sigma, latents, with_graph);
  const Judgement fake = judge(generated.x0_hat + per_sample(fake_sigma) * discriminator_noise(latents, 1),
                               fake_sigma, latents, with_graph);
  const PatchLogits real_logits = logits_of(real.heads), fake_logits = logits_of(fake.heads);
  const torch::Tensor adversarial = discriminator_loss(o.discriminator.loss, real_logits, fake_logits);
  torch::Tensor loss = adversarial + further_fakes(latents, generated, with_graph);
  if (o.r1.kind != R1Kind::kOff) {
    torch::Tensor r1 = penalty(real, latents, 0, with_graph);
    if (o.r1.on_fake) r1 = r1 + penalty(fake, latents, 1, with_graph);
    metrics.add("loss/r1", r1.item<double>());
    loss = loss + o.r1.weight * r1;
  }
  NamedTensors made = {{"x0", latents.x0}, {"x0_hat", generated.x0_hat}};
  append_judged(made, "real", real.taps, real.heads);
  append_judged(made, "generated", fake.taps, fake.heads);
  made.push_back({"loss/discriminator", adversarial});
  (void)check_loss("the discriminator's whole loss", loss, made);
  (loss * share).backward();
  metrics.add("loss/discriminator", adversarial.item<double>());
  add_accuracies(metrics, "real", real.heads, accuracy_on_real(real_logits));
  add_accuracies(metrics, "fake", fake.heads, accuracy_on_fake(fake_logits));
}

torch::Tensor AdversarialStage::reconstruction(const Generated& generated, const LatentBatch& latents) const {
  const ReconstructionOptions& o = recipe_.adversarial.reconstruction;
  torch::Tensor loss;
  switch (o.loss) {
    case ReconstructionLoss::kPseudoHuberSample:
      loss = pseudo_huber_per_sample(generated.x0_hat, latents.x0,
                                     o.c.value_or(pseudo_huber_scale(latents.x0[0].numel())));
      break;
    case ReconstructionLoss::kPseudoHuberElement:
      loss = pseudo_huber_per_element(generated.x0_hat, latents.x0, o.c.value_or(0.001));
      break;
    case ReconstructionLoss::kMse:
      loss = mean_squared_error(generated.x0_hat, latents.x0);
      break;
    case ReconstructionLoss::kOff:
      return {};
  }
  if (o.sigma_weight == SigmaWeight::kEdm) loss = loss * edm_weight(generated.sigma);
  return loss.mean();
}

torch::Tensor AdversarialStage::adversarial_loss(const Generated& cut, const LatentBatch& latents,
                                                 NamedTensors& made) {
  const torch::Tensor sigma = discriminator_sigma(latents, cut, 1);
  const Judgement fake =
      judge(cut.x0_hat + per_sample(sigma) * discriminator_noise(latents, 1), sigma, latents, true);
  append_judged(made, "generated", fake.taps, fake.heads);
  switch (recipe_.adversarial.discriminator.loss) {
    case AdversarialLoss::kHinge:
      return hinge_generator_loss(logits_of(fake.heads));
    case AdversarialLoss::kNonSaturating:
      return non_saturating_generator_loss(logits_of(fake.heads));
    case AdversarialLoss::kRelativistic: {
      const torch::Tensor real_sigma = discriminator_sigma(latents, cut, 0);
      const Judgement real = judge(latents.x0 + per_sample(real_sigma) * discriminator_noise(latents, 0),
                                   real_sigma, latents, false);
      return relativistic_generator_loss(logits_of(real.heads), logits_of(fake.heads));
    }
  }
  throw Error(ErrorCode::kInternal, "[train] unknown adversarial loss");
}

void AdversarialStage::accumulate_generator(const TrainBatch& batch, double share, int64_t iteration,
                                            MetricMeans& metrics) {
  const AdversarialOptions& o = recipe_.adversarial;
  LatentBatch latents = encode_batch(model_, batch, recipe_.conditioning, recipe_.data.fps, recipe_.seed,
                                     frozen_dtype(recipe_));
  const int64_t noises = o.drift.weight > 0 ? o.drift.noises : 1;
  if (noises > 1) latents = with_first_clips(latents, noises);
  const Generated generated = generate(latents, noises);
  // The graph is cut at x0_hat: each loss gives its gradient there, their sizes are known, and one pass takes
  // the sum on through the generator.
  Generated cut = generated;
  cut.x0_hat = generated.x0_hat.detach().requires_grad_(true);
  NamedTensors made = {{"x0", latents.x0}, {"x0_hat", cut.x0_hat}};
  const auto gradient_of = [&](const torch::Tensor& loss) {
    return torch::autograd::grad({loss}, {cut.x0_hat})[0];
  };
  torch::Tensor gradient = at::zeros_like(cut.x0_hat);
  double adversarial_norm = 0;
  if (o.adversarial_weight > 0) {
    const torch::Tensor adversarial = adversarial_loss(cut, latents, made);
    metrics.add("loss/generator_adversarial", check_loss("loss/generator_adversarial", adversarial, made));
    gradient = o.adversarial_weight * gradient_of(adversarial);
    adversarial_norm = gradient.norm().item<double>();
    metrics.add("gradient_at_x0/adversarial", adversarial_norm);
  }
  if (const torch::Tensor rec = reconstruction(cut, latents); rec.defined()) {
    metrics.add("loss/reconstruction", check_loss("loss/reconstruction", rec, made));
    const torch::Tensor g = gradient_of(rec);
    const double norm = g.norm().item<double>();
    const double lambda = balance_.lambda(iteration, adversarial_norm, norm);
    gradient = gradient + lambda * g;
    metrics.add("gradient_at_x0/reconstruction", lambda * norm);
    metrics.add("lambda", lambda);
  }
  if (o.frame_difference_weight > 0) {
    const torch::Tensor motion = frame_difference_loss(cut.x0_hat, latents.x0).mean();
    gradient = gradient + o.frame_difference_weight * gradient_of(motion);
    metrics.add("loss/frame_difference", motion.item<double>());
  }
  if (noises > 1) {
    const torch::Tensor true_drift =
        drift_of_windows(latents.x0.slice(0, 0, latents.size(), noises));  // each clip once
    const torch::Tensor made_drift = drift_of_windows(cut.x0_hat).view({-1, noises, true_drift.size(1)});
    const torch::Tensor score = fair_energy_score(made_drift, true_drift).mean();
    const torch::Tensor g = o.drift.weight * gradient_of(score);
    gradient = gradient + g;
    metrics.add("loss/drift", check_loss("loss/drift", score, made));
    metrics.add("drift_deviation/generated", made_drift.detach().std(1).mean().item<double>());
    metrics.add("gradient_at_x0/drift", g.norm().item<double>());
  }
  generated.x0_hat.backward(gradient * share);
  add_motion_metrics(metrics, generated.x0_hat, latents.x0, generated.sigma);
}

NamedTensors AdversarialStage::state() {
  NamedTensors state;
  generator_.append_state(state);
  append(state, "discriminator.weights", discriminator_parameters_);
  NamedTensors buffers;
  for (const auto& item : discriminator_->named_buffers()) buffers.push_back({item.key(), item.value()});
  append(state, "discriminator.buffers", buffers);
  append(state, "discriminator.optimizer", discriminator_optimizer_->state());
  append(state, "generator", running_figures());
  return state;
}

NamedTensors AdversarialStage::running_figures() {
  return {{"gradient_balance", balance_.state()}};
}

std::vector<const torch::nn::Module*> AdversarialStage::networks() const {
  return {model_.unet.get(), discriminator_.get(), model_.vae.get(), model_.image_encoder.get()};
}

checkpoint::Model AdversarialStage::averaged_model() {
  return with_averaged_unet(model_, generator_);
}

std::string AdversarialStage::model_defaults() const {
  return sampling_defaults(recipe_, SamplerKind::kOneStep, 1, {1, 1});
}

}  // namespace sfv::training
