#include "sfv/training/recipe_fields.h"

namespace sfv::training {
namespace {

constexpr io::NumberRange kAny{};
constexpr io::NumberRange kPositive{.min = 0, .open_min = true};
constexpr io::NumberRange kNotNegative{.min = 0};
constexpr io::NumberRange kShare{.min = 0, .max = 1};
constexpr io::NumberRange kDecay{.min = 0, .max = 1, .open_max = true};
constexpr io::IntRange kKernel{.min = 1, .max = 31, .multiple = 2, .remainder = 1};
constexpr io::IntRange kCount{.min = 1, .max = 1'000'000'000};

void visit_autoencoder(AutoencoderOptions& o, const When& table, RecipeVisitor& v) {
  using enum AutoencoderPart;
  const When all = when(o.train, {kAll}, "train");
  const When vae = when(o.train, {kAll, kDecoder, kTemporalDecoder}, "train");
  const When tiny = when(o.train, {kTinyDecoder}, "train");
  const When patches{o.adversarial_weight > 0, "`adversarial_weight` > 0"};
  v.table("autoencoder", table);
  v.word("train", o.train,
         "encoder and temporal decoder; the decoder; its temporal layers; or a tiny decoder that learns from "
         "the frozen VAE");
  v.flag("zero_neighbours", o.zero_neighbours,
         "the decoder's temporal convolutions begin with 0 for the frames before and after, which single "
         "pictures (data.frames = 1) never taught: clips begin as sharp as those pictures",
         vae);
  v.flag("sample_posterior", o.sample_posterior, "decode a draw from the posterior; false: its mode", vae);
  v.number("l1_weight", o.l1_weight, kNotNegative, "weight of the mean absolute error of pixels in -1..1");
  v.number("kl_weight", o.kl_weight, kNotNegative,
           "weight of the KL divergence, summed over a picture's latent", all);
  v.number("temporal_difference_weight", o.temporal_difference_weight, kNotNegative,
           "weight of the mean absolute error of differences between consecutive frames");
  v.number(
      "adversarial_weight", o.adversarial_weight, kNotNegative,
      "weight of a patch discriminator's loss, as the ratio of its gradient to that of the other losses at "
      "the decoder's last layer; 0: none");
  v.integer("adversarial_start", o.adversarial_start, {.min = 0, .max = 1'000'000'000},
            "first iteration at which it counts", patches);
  v.integer("patch_channels", o.patch_channels, {.min = 1, .max = 1024},
            "channels of the patch discriminator's first layer", patches);
  v.integer("patch_layers", o.patch_layers, {.min = 1, .max = 6}, "its strided layers", patches);
  v.flag("measure_scaling", o.measure_scaling,
         "save the model with scaling_factor = 1 / deviation of the latents of the last hundred or so steps",
         all);
  v.word("tiny_decoder", o.tiny_decoder, "frame by frame, or with memory of the frames before", tiny);
  v.word("tiny_target", o.tiny_target,
         "what its frames are compared with: the frozen decoder's of the same latents, or the clip itself",
         tiny);
  v.text("tiny_start", o.tiny_start,
         "file of weights that the tiny decoder starts from, TAESD's or TAESDV's; empty: random", tiny);
}

void visit_diffusion(DiffusionOptions& o, const When& table, RecipeVisitor& v) {
  v.table("diffusion", table);
  v.number("p_mean", o.p_mean, kAny, "mean of ln sigma");
  v.number("p_std", o.p_std, kPositive, "deviation of ln sigma");
  v.number("ladder_share", o.ladder_share, kShare,
           "share of clips whose sigma is a level of the ladder instead, all equally often; without it "
           "sigma_max is hardly ever trained");
  v.integer("ladder_levels", o.ladder_levels, {.min = 2, .max = 100'000}, "levels of that ladder",
            {o.ladder_share > 0, "`ladder_share` > 0"});
  v.word("weight", o.weight, "of the squared error of D: (1 + sigma^2) / sigma^2, or 1");
  v.number("drop_token", o.drop_token, kShare, "share of clips whose image token alone is zeroed");
  v.number("drop_latent", o.drop_latent, kShare, "share of clips whose condition latent alone is zeroed");
  v.number("drop_both", o.drop_both, kShare, "share of clips that lose both: what guidance compares with");
}

void visit_consistency(ConsistencyOptions& o, const When& table, RecipeVisitor& v) {
  v.table("consistency", table);
  v.integer("levels", o.levels, {.min = 2, .max = 100'000}, "levels of the ladder, to which 0 is appended");
  v.numbers("guidance_min", o.guidance_min, {.min = 0, .max = 100},
            "the teacher's guidance at the first frame: one of these for each clip");
  v.numbers("guidance_max", o.guidance_max, {.min = 0, .max = 100}, "the same at the last frame");
  v.number("target_ema", o.target_ema, kDecay, "decay of the target network, an optimiser step");
  v.number("huber_c", o.huber_c, kPositive, "constant of the element-wise pseudo-Huber loss");
  v.number("weighting_power", o.weighting_power, kNotNegative,
           "power of the loss weight 1 / (s_n - s_{n+1})");
}

void visit_discriminator(DiscriminatorOptions& o, const When& table, RecipeVisitor& v) {
  using enum DiscriminatorNoise;
  const When log_normal = when(o.noise, {kDiscretisedLogNormal}, "noise");
  const When logit = when(o.noise, {kLogitNormal}, "noise");
  const When spatial = when(o.heads, {HeadKind::kBoth, HeadKind::kSpatial}, "heads");
  const When temporal = when(o.heads, {HeadKind::kBoth, HeadKind::kTemporal}, "heads");
  v.table("adversarial.discriminator", table);
  v.word("noise", o.noise,
         "law of sigma', the noise on what the discriminator sees: Eq. 7; t / (1 - t) of a logit-normal t; "
         "or the generator's level below its own");
  v.integer("levels", o.levels, {.min = 2, .max = 1'000'000}, "T_d, levels of the ladder in Eq. 7",
            log_normal);
  v.number("p_mean", o.p_mean, kAny, "mean of ln sigma'", log_normal);
  v.number("p_std", o.p_std, kAny, "deviation of ln sigma', not 0; its sign does not matter", log_normal);
  v.number("logit_mean", o.logit_mean, kAny, "mean of the logit", logit);
  v.number("logit_std", o.logit_std, kPositive, "deviation of the logit", logit);
  v.word("backbone", o.backbone,
         "the copy of the UNet's encoder below the heads: never changed, or trained with them");
  v.word("heads", o.heads, "after each block: one head over pixels and one over frames, or one kind alone");
  v.flag("image_condition", o.image_condition, "heads are told the image embedding");
  v.flag("sigma_condition", o.sigma_condition, "heads are told sigma'");
  v.flag("frame_condition", o.frame_condition, "heads are told the frame's index");
  v.integer("width", o.width, {.min = 0, .max = 8192, .multiple = 32},
            "channels inside a head; 0: those of its block");
  v.integer("spatial_kernel", o.spatial_kernel, kKernel, "pixels, of a spatial head's first convolution",
            spatial);
  v.integer("spatial_residual_kernel", o.spatial_residual_kernel, kKernel, "pixels, of its residual block",
            spatial);
  v.integer("temporal_kernel", o.temporal_kernel, kKernel, "frames, of a temporal head's first convolution",
            temporal);
  v.integer("temporal_residual_kernel", o.temporal_residual_kernel, kKernel, "frames, of its residual block",
            temporal);
  v.word("norm", o.norm, "inside a head: GroupNorm of 32 groups, or StyleGAN-T's over batches of 8");
  v.word("loss", o.loss, "on every logit, before any mean");
  v.integer("updates", o.updates, {.min = 1, .max = 100},
            "optimiser steps of the discriminator an iteration, each on its own batch");
  v.number("mismatched_weight", o.mismatched_weight, kNotNegative,
           "loss weight of (real clip, another clip's condition) as a further fake");
  v.number("frozen_frame_weight", o.frozen_frame_weight, kNotNegative,
           "loss weight of (frame 0 repeated) as a further fake");
}

void visit_reconstruction(ReconstructionOptions& o, const When& table, RecipeVisitor& v) {
  using enum ReconstructionLoss;
  const auto on = [&](When own) {
    own.applies = own.applies && o.loss != kOff;
    return own;
  };
  const When any{o.loss != kOff, "a loss"};
  const When annealed = on(when(o.schedule, {LambdaKind::kAnnealed}, "schedule"));
  const When balanced = on(when(o.schedule, {LambdaKind::kBalanced}, "schedule"));
  v.table("adversarial.reconstruction", table);
  v.word("loss", o.loss,
         "between x0_hat and the clip: sqrt(|e|^2 + c^2) - c over a clip or for each element, the mean "
         "squared error, or none");
  v.number("c", o.c, kPositive,
           "the pseudo-Huber constant; left out: 0.00054 sqrt(elements of a clip's latent), for each element "
           "0.001",
           when(o.loss, {kPseudoHuberSample, kPseudoHuberElement}, "loss"));
  v.word("sigma_weight", o.sigma_weight, "weight over the generator's sigma: 1, or (1 + sigma^2) / sigma^2",
         any);
  v.word("schedule", o.schedule,
         "of lambda: constant, in a straight line to `lambda_end`, or such that |g_rec| = `ratio` |g_adv| at "
         "x0_hat",
         any);
  v.number("lambda", o.lambda, kNotNegative, "loss weight; with a schedule the one to begin with", any);
  v.number("lambda_end", o.lambda_end, kNotNegative, "loss weight after `anneal_steps`", annealed);
  v.integer("anneal_steps", o.anneal_steps, kCount, "iterations", annealed);
  v.number("ratio", o.ratio, kPositive, "of the two gradient norms", balanced);
  v.number("balance_decay", o.balance_decay, kDecay, "of the running means of both norms, an iteration",
           balanced);
}

void visit_r1(R1Options& o, const When& table, RecipeVisitor& v) {
  const When on = when(o.kind, {R1Kind::kR1, R1Kind::kApproximate}, "kind");
  v.table("adversarial.r1", table);
  v.word("kind", o.kind,
         "none; squared gradient norm at the inputs of the heads; or squared change of the logits under "
         "noise of `sigma`");
  v.number("weight", o.weight, kNotNegative, "loss weight: gamma or lambda", on);
  v.number("sigma", o.sigma, kPositive, "deviation of the noise",
           when(o.kind, {R1Kind::kApproximate}, "kind"));
  v.flag("on_fake", o.on_fake, "the same on generated clips", on);
}

void visit_drift(DriftOptions& o, const When& table, RecipeVisitor& v) {
  v.table("adversarial.drift", table);
  v.number(
      "weight", o.weight, kNotNegative,
      "loss weight of the score (fair energy score) of how far to the right clips of one picture drift, "
      "each window of 16 x 16 latent cells by itself; with it a step of the generator takes fewer clips, "
      "each with `noises` noises");
  v.integer("noises", o.noises, {.min = 2, .max = 1024},
            "clips made of one; `micro_batch` is a multiple of it", {o.weight > 0, "`weight` > 0"});
}

}  // namespace

void visit_stages(Recipe& r, RecipeVisitor& v) {
  visit_autoencoder(r.autoencoder, when(r.stage, {Stage::kAutoencoder}, "stage"), v);
  visit_diffusion(r.diffusion, when(r.stage, {Stage::kDiffusion}, "stage"), v);
  visit_consistency(r.consistency, when(r.stage, {Stage::kConsistency}, "stage"), v);
}

void visit_adversarial(Recipe& r, RecipeVisitor& v) {
  const When table = when(r.stage, {Stage::kAdversarial}, "stage");
  AdversarialOptions& o = r.adversarial;
  v.table("adversarial", table);
  v.word("method", o.method, "defaults for the keys below and for the optimisers");
  v.text("generator_start", o.generator_start,
         "UNet weights that the generator starts from, a consistency model's for instance; empty: the "
         "model's own. The discriminator starts from the model's in any case");
  v.integer("generator_levels", o.generator_levels, {.min = 2, .max = 1000},
            "T_g of Eq. 5; the generator trains on levels 1 to T_g - 1");
  v.numbers("level_weights", o.level_weights, kNotNegative,
            "how often each of them is drawn, lowest noise first; empty: equally often");
  v.integer("generator_updates", o.generator_updates, {.min = 1, .max = 100},
            "optimiser steps of the generator an iteration, each on its own batch");
  v.flag("same_sigma", o.same_sigma, "real and generated clips are compared at one sigma'",
         when(o.discriminator.noise,
              {DiscriminatorNoise::kDiscretisedLogNormal, DiscriminatorNoise::kLogitNormal},
              "discriminator.noise"));
  v.flag("same_noise", o.same_noise, "they get the same noise; false: fresh noise for each");
  v.number(
      "adversarial_weight", o.adversarial_weight, kNotNegative,
      "how much the generator heeds the discriminator; 0: no discriminator is trained, reconstruction alone");
  v.number("frame_difference_weight", o.frame_difference_weight, kNotNegative,
           "loss weight of the mean absolute error between frame differences of x0_hat and of the clip");
  visit_discriminator(o.discriminator, table, v);
  visit_reconstruction(o.reconstruction, table, v);
  visit_r1(o.r1, table, v);
  visit_drift(o.drift, table, v);
}

}  // namespace sfv::training
