#include "sfv/training/recipe_fields.h"

namespace sfv::training {
namespace {

constexpr io::NumberRange kAny{};
constexpr io::NumberRange kPositive{.min = 0, .open_min = true};
constexpr io::NumberRange kNotNegative{.min = 0};
constexpr io::NumberRange kShare{.min = 0, .max = 1};
constexpr io::NumberRange kDecay{.min = 0, .max = 1, .open_max = true};
constexpr io::IntRange kCount{.min = 1, .max = 1'000'000'000};

void visit_model(ModelOptions& o, RecipeVisitor& v) {
  v.table("model");
  v.text("path", o.path,
         "model to start from: a folder, or `org/name` in the local Hugging Face cache; this or `config`");
  v.text("config", o.config, "folder of configs for a new model with random weights; this or `path`");
  v.seed("seed", o.seed, "seed of those random weights", {!o.config.empty(), "`config`"});
  v.text("unet", o.unet,
         "UNet weights (a safetensors file or a folder) laid over the model's, for every network that starts "
         "from it");
}

void visit_data(DataOptions& o, RecipeVisitor& v) {
  using enum DataSource;
  v.table("data");
  v.word("source", o.source,
         "where clips come from: a folder of videos, a folder of folders of pictures, a JSONL manifest, a "
         "cache made by `sfv data cache`, bouncing shapes or falling snow drawn from a seed");
  v.text("path", o.path, "the folder or file; for snow the folder of photos",
         when(o.source, {kVideos, kFrames, kManifest, kCache, kSnow}, "source"));
  v.integer("frames", o.frames, {.min = 1, .max = 1024}, "frames of a clip");
  v.number("fps", o.fps, {.min = 0, .max = 240, .open_min = true},
           "frames per second of a clip, whatever the file's rate");
  v.integer("width", o.width, {.min = 8, .max = 8192, .multiple = 8}, "pixels");
  v.integer("height", o.height, {.min = 8, .max = 8192, .multiple = 8}, "pixels");
  v.integer(
      "scene_side", o.scene_side, {.min = 0, .max = 4096},
      "the clip is a window of a scene whose shorter side has so many pixels (16 or more), with flakes and "
      "photo of that scene's size; 0: the clip is the whole scene",
      when(o.source, {kSnow, kCache}, "source"));
  v.flag("flip", o.flip, "mirror half of the clips left to right",
         when(o.source, {kVideos, kFrames, kManifest}, "source"));
  v.seed("seed", o.seed, "seed of the clips: clip i of a seed is the same on every machine",
         when(o.source, {kShapes, kSnow}, "source"));
  v.integer("readers", o.readers, {.min = 1, .max = 256}, "threads that read ahead");
  v.integer("ahead", o.ahead, {.min = 1, .max = 1024}, "micro-batches kept ready");
}

void visit_conditioning(ConditioningOptions& o, const When& table, RecipeVisitor& v) {
  v.table("conditioning", table);
  v.flag("fps_minus_one", o.fps_minus_one, "tell the UNet fps - 1, as SVD was trained; false: fps");
  v.word("motion", o.motion, "the clip's own motion bucket, or `motion_bucket` for all");
  v.number("motion_bucket", o.motion_bucket, {.min = 0, .max = 1023}, "motion bucket of every clip",
           when(o.motion, {MotionKind::kFixed}, "motion"));
  const When log_normal = when(o.noise, {ConditionNoiseKind::kLogNormal}, "noise");
  v.word("noise", o.noise,
         "strength of the noise on the condition picture: exp(`noise_mean` + `noise_std` n) for each clip, "
         "or `noise_level`");
  v.number("noise_mean", o.noise_mean, kAny, "mean of the strength's logarithm", log_normal);
  v.number("noise_std", o.noise_std, kNotNegative, "deviation of the strength's logarithm", log_normal);
  v.number("noise_level", o.noise_level, kNotNegative, "strength for every clip",
           when(o.noise, {ConditionNoiseKind::kFixed}, "noise"));
}

void visit_optimizer(std::string_view name, OptimizerOptions& o, const When& table, RecipeVisitor& v) {
  using enum OptimizerKind;
  const When adamw = when(o.kind, {kAdamW, kMuon}, "kind");
  v.table(name, table);
  v.word(
      "kind", o.kind,
      "SM3-II; Adam with decoupled weight decay; Muon, which is AdamW for vectors and outer layers; or plain "
      "gradient descent");
  v.number("lr", o.lr, kPositive, "learning rate after the warm-up");
  v.number("momentum", o.momentum, kDecay,
           "sm3: share of the old update in the new; muon: Nesterov's, usually 0.95; sgd: torch's momentum",
           when(o.kind, {kSm3, kMuon, kSgd}, "kind"));
  v.number("beta", o.beta, kDecay, "decay of the second moment; 0 adds up, as Adagrad does",
           when(o.kind, {kSm3}, "kind"));
  v.number("beta1", o.beta1, kDecay, "decay of the first moment", adamw);
  v.number("beta2", o.beta2, kDecay, "decay of the second moment", adamw);
  v.number("eps", o.eps, kPositive, "added to the root of the second moment", adamw);
  v.number("weight_decay", o.weight_decay, kNotNegative, "share of the weights taken off a step, times lr",
           when(o.kind, {kAdamW, kMuon, kSgd}, "kind"));
  v.word("warm_up", o.warm_up, "how lr rises from 0 over `warm_up_steps`");
  v.integer("warm_up_steps", o.warm_up_steps, kCount, "optimiser steps",
            when(o.warm_up, {WarmUpKind::kLinear, WarmUpKind::kQuadratic}, "warm_up"));
  v.word("decay", o.decay, "how lr falls from the end of the warm-up to the last step");
  v.number("decay_to", o.decay_to, kShare, "share of lr that is left at the last step",
           when(o.decay, {DecayKind::kLinear, DecayKind::kCosine}, "decay"));
  v.number("clip_norm", o.clip_norm, kNotNegative, "largest global gradient norm; 0: no clipping");
}

void visit_ema(EmaOptions& o, RecipeVisitor& v) {
  v.table("ema");
  v.number("decay", o.decay, kDecay,
           "of the averaged weights, an optimiser step; 0: the weights themselves, without a copy");
  v.integer("warm_up", o.warm_up, {.min = 0, .max = 1'000'000'000},
            "decay at step n is at most (1 + n) / (`warm_up` + n); 0: no warm-up");
  v.flag("on_host", o.on_host,
         "keep the average in host memory: the device has that much more, a step copies the weights there");
}

void visit_watching(Recipe& r, RecipeVisitor& v) {
  v.table("checkpoint");
  v.integer("every", r.checkpoint.every, kCount,
            "iterations between checkpoints; the last iteration always has one");
  v.integer("keep", r.checkpoint.keep, {.min = 1, .max = 1'000'000}, "newest checkpoints kept");
  v.word("on_failure", r.checkpoint.on_failure,
         "what to do when a checkpoint cannot be written (disk full, read-only)");

  SampleOptions& s = r.samples;
  v.table("samples");
  v.integer("every", s.every, {.min = 0, .max = 1'000'000'000}, "iterations between sample clips; 0: never");
  v.texts("photos", s.photos, "photos to start from; empty: first frames of held-out clips");
  v.integer("clips", s.clips, {.min = 1, .max = 64},
            "clips for each entry of `steps`; of more than the photos: with further noises");
  v.seed("seed", s.seed, "seed of the first clip's noise");
  v.integers("steps", s.steps, {.min = 1, .max = 1000},
             "denoiser steps, one sheet each; 1 is the one-step sampler",
             {r.stage != Stage::kAutoencoder, "a stage other than autoencoder"});
  const When multi_step{r.stage != Stage::kAutoencoder, "a stage other than autoencoder"};
  v.word("multi_step_sampler", s.multi_step_sampler, "sampler of more than one step", multi_step);
  v.number("guidance_min", s.guidance_min, {.min = 0, .max = 100}, "guidance of euler at the first frame",
           multi_step);
  v.number("guidance_max", s.guidance_max, {.min = 0, .max = 100}, "guidance of euler at the last frame",
           multi_step);

  v.table("log");
  v.integer("every", r.log.every, kCount, "iterations between lines of metrics.jsonl");
  v.integer("gradients_every", r.log.gradients_every, kCount,
            "iterations between measurements of |g_adv| and |g_rec| at x0_hat",
            when(r.stage, {Stage::kAdversarial}, "stage"));
  v.flag("event_file", r.log.event_file, "write TensorBoard's event file, too");
}

// discriminator: when there is one.
void visit_alarms(Recipe& r, const When& of_unet, const When& discriminator, RecipeVisitor& v) {
  using enum Stage;
  AlarmOptions& o = r.alarms;
  v.table("alarms", {of_unet.applies || discriminator.applies,
                     "a stage other than autoencoder, or autoencoder.adversarial_weight > 0"});
  v.integer("window", o.window, {.min = 1, .max = 10'000},
            "iterations that an alarm looks back over; none is told before as many have passed");
  v.number("discriminator_loss", o.discriminator_loss, kNotNegative,
           "the discriminator has won when its loss is at most this, and every head's accuracy at least "
           "`discriminator_accuracy`; 0: never",
           discriminator);
  v.number("discriminator_accuracy", o.discriminator_accuracy, kShare,
           "share of real and of generated clips that every head tells right", discriminator);
  v.number("still_below", o.still_below, kShare,
           "frames collapse onto the condition picture when their distance from the first frame is less than "
           "this share of the real clips'; 0: never",
           of_unet);
  v.number("motion_below", o.motion_below, kShare,
           "motion falls when it is less than this share of the most that it was in the run; 0: never",
           when(r.stage, {kConsistency, kAdversarial}, "stage"));
}

}  // namespace

void visit_recipe(Recipe& r, RecipeVisitor& v) {
  const When of_unet = when(r.stage, {Stage::kDiffusion, Stage::kConsistency, Stage::kAdversarial}, "stage");
  v.table("");
  v.word("stage", r.stage, "what is trained, and against what");
  v.seed("seed", r.seed, "of new weights, of the order of clips and of all noise");
  v.integer("steps", r.steps, kCount,
            "iterations: optimiser steps, in the adversarial stage one round of both networks");
  v.integer("batch", r.batch, {.min = 1, .max = 1'000'000}, "clips of an optimiser step, over all ranks");
  v.integer("micro_batch", r.micro_batch, {.min = 1, .max = 65'536},
            "clips that a device holds at once; the rest of `batch` is accumulated");
  v.integer("threads", r.threads, {.min = 0, .max = 4096},
            "CPU threads of a rank; 0: its share of the machine's cores");
  v.word("precision", r.precision,
         "of products in forward and backward pass; bf16 keeps weights, gradients and moments in fp32");
  v.word("frozen_precision", r.frozen_precision,
         "the same of networks that do not train: VAE, image encoder, teacher, the discriminator's encoder");
  v.flag("activation_checkpointing", r.activation_checkpointing,
         "keep only the inputs of blocks and compute the rest again: less memory, more time");
  v.flag("shard_optimizer", r.shard_optimizer, "spread the optimiser's state over the ranks");
  When regex = when(r.trainable, {TrainableKind::kRegex}, "trainable");
  regex.applies = regex.applies && of_unet.applies;
  v.word("trainable", r.trainable, "which parameters of the UNet train", of_unet);
  v.text("trainable_regex", r.trainable_regex,
         "ECMAScript expression; parameters train whose name it matches anywhere", regex);
  visit_model(r.model, v);
  visit_data(r.data, v);
  visit_conditioning(r.conditioning, of_unet, v);
  v.table("ladder", of_unet);
  v.number("sigma_min", r.ladder.sigma_min, kPositive, "lowest noise level of Eq. 5");
  v.number("sigma_max", r.ladder.sigma_max, kPositive, "highest noise level; one-step sampling starts there");
  v.number("rho", r.ladder.rho, {.min = 0, .max = 100, .open_min = true},
           "curvature of the ladder between them");
  visit_optimizer("optimizer", r.optimizer, {}, v);
  const bool has_patches = r.stage == Stage::kAutoencoder && r.autoencoder.adversarial_weight > 0;
  const When has_discriminator{r.stage == Stage::kAdversarial || has_patches,
                               "stage = \"adversarial\", or autoencoder.adversarial_weight > 0"};
  visit_optimizer("discriminator_optimizer", r.discriminator_optimizer, has_discriminator, v);
  visit_ema(r.ema, v);
  visit_watching(r, v);
  visit_alarms(r, of_unet, has_discriminator, v);
  visit_stages(r, v);
  visit_adversarial(r, v);
}

}  // namespace sfv::training
