#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sfv/core/generate_options.h"
#include "sfv/training/adversarial_options.h"
#include "sfv/training/alarm_options.h"
#include "sfv/training/data_options.h"
#include "sfv/training/ema_options.h"
#include "sfv/training/optimizer_options.h"
#include "sfv/training/stage_options.h"

namespace sfv::training {

enum class Stage { kAutoencoder, kDiffusion, kConsistency, kAdversarial };  // "autoencoder", "diffusion", …

/// The model that is trained: one of `path` and `config`.
struct ModelOptions {
  std::string path;    // model folder, or org/name in the local Hugging Face cache
  std::string config;  // folder of configs: a new model with random weights
  uint64_t seed = 0;   // of those weights
  std::string unet;    // UNet weights laid over the model's, for every network that starts from it

  [[nodiscard]] bool operator==(const ModelOptions&) const = default;
};

/// The noise levels of Eq. 5: s_t = (s_min^(1/rho) + t/(T-1) (s_max^(1/rho) - s_min^(1/rho)))^rho.
struct LadderOptions {
  double sigma_min = 0.002;  // > 0
  double sigma_max = 700;    // > sigma_min
  double rho = 7;            // > 0

  [[nodiscard]] bool operator==(const LadderOptions&) const = default;
};

enum class TrainPrecision {
  kFp32,  // "fp32"
  kBf16,  // "bf16": products in bf16; weights, gradients, moments and averages in fp32
};

enum class FrozenPrecision {
  kSame,  // "same": as `precision`
  kFp32,  // "fp32"
  kBf16,  // "bf16"
};

/// Which of the network's parameters train.
enum class TrainableKind {
  kAll,       // "all"
  kTemporal,  // "temporal": temporal layers and blends
  kSpatial,   // "spatial": everything else
  kRegex,     // "regex": names that trainable_regex matches anywhere
};

enum class SaveFailure { kStop, kContinue };  // "stop", "continue"

struct CheckpointOptions {
  int64_t every = 500;                          // iterations, >= 1; the last one is always saved
  int64_t keep = 3;                             // newest checkpoints kept, >= 1
  SaveFailure on_failure = SaveFailure::kStop;  // when the disk is full or read-only

  [[nodiscard]] bool operator==(const CheckpointOptions&) const = default;
};

/// Clips made during training from fixed photos and noises, by the averaged weights.
struct SampleOptions {
  int64_t every = 500;               // iterations; 0: never
  std::vector<std::string> photos;   // files; empty: first frames of held-out clips
  int64_t clips = 4;                 // how many, >= 1; of more than the photos: with further noises
  uint64_t seed = 0;                 // of the first noise
  std::vector<int64_t> steps = {1};  // one row of the sheet each: 1 is one-step, others multi_step_sampler
  SamplerKind multi_step_sampler = SamplerKind::kEuler;  // euler or lcm
  double guidance_min = 1;                               // euler, at the first frame
  double guidance_max = 1;                               // euler, at the last frame

  [[nodiscard]] bool operator==(const SampleOptions&) const = default;
};

struct LogOptions {
  int64_t every = 1;              // iterations between lines of metrics.jsonl, >= 1
  int64_t gradients_every = 100;  // iterations between measurements of |g_adv| and |g_rec|, >= 1
  bool event_file = true;         // TensorBoard's, beside metrics.jsonl

  [[nodiscard]] bool operator==(const LogOptions&) const = default;
};

/// A training run, fully resolved. Defaults here are those of SF-V; default_recipe() knows the others.
struct Recipe {
  Stage stage = Stage::kAdversarial;
  uint64_t seed = 0;        // of weights that are new, sample order and all noise
  int64_t steps = 50'000;   // iterations, >= 1; one optimiser step, or those of `updates` when adversarial
  int64_t batch = 32;       // clips an optimiser step, over all ranks
  int64_t micro_batch = 1;  // clips a device holds at once; batch / (micro_batch * ranks) are accumulated
  int64_t threads = 0;      // CPU threads a rank; 0: all cores / ranks on the machine
  TrainPrecision precision = TrainPrecision::kFp32;
  FrozenPrecision frozen_precision = FrozenPrecision::kSame;  // of networks that do not train
  bool activation_checkpointing = false;          // keep only block inputs and compute the rest again
  bool shard_optimizer = false;                   // spread the optimiser's state over the ranks
  TrainableKind trainable = TrainableKind::kAll;  // not in the autoencoder stage, which has `train`
  std::string trainable_regex;                    // ECMAScript; kRegex
  ModelOptions model;
  DataOptions data;
  ConditioningOptions conditioning;
  LadderOptions ladder;
  OptimizerOptions optimizer;                // of the network that is made
  OptimizerOptions discriminator_optimizer;  // adversarial, and autoencoder with adversarial_weight > 0
  EmaOptions ema;
  CheckpointOptions checkpoint;
  SampleOptions samples;
  LogOptions log;
  AlarmOptions alarms;
  /// Only the stage's own is read and written; the others keep their defaults.
  AutoencoderOptions autoencoder;
  DiffusionOptions diffusion;
  ConsistencyOptions consistency;
  AdversarialOptions adversarial;

  [[nodiscard]] bool operator==(const Recipe&) const = default;
};

/// The defaults of a stage; method counts in the adversarial stage only.
[[nodiscard]] Recipe default_recipe(Stage stage, AdversarialMethod method = AdversarialMethod::kSfV);

/// Reads a recipe file. overrides: "key.sub=value", applied in order over the file.
/// Errors: kNotFound, kPermission, kIo; kInvalidFile (kInvalidArgument for what an override says) for broken
/// TOML, wrong types, values out of range, keys that are unknown or have no effect, values that do not go
/// together; all name file, line and key, or the override.
[[nodiscard]] Recipe load_recipe(const std::string& path, const std::vector<std::string>& overrides = {});
/// The same from memory. name: how messages call it.
[[nodiscard]] Recipe parse_recipe(const std::string& text, const std::string& name,
                                  const std::vector<std::string>& overrides = {});

/// Every key that has effect, as TOML; parse_recipe gives the same recipe again.
[[nodiscard]] std::string to_toml(const Recipe& recipe);

/// Micro-batches that each rank accumulates for an optimiser step. Errors: kInvalidArgument if batch is no
/// multiple of micro_batch * ranks.
[[nodiscard]] int64_t accumulation_steps(const Recipe& recipe, int64_t ranks);

/// The reference of all keys as Markdown tables: meaning, range, default. docs/recipes.md holds it.
[[nodiscard]] std::string recipe_reference();

}  // namespace sfv::training
