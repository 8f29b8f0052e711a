#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sfv::training {

/// A named set of defaults for the switches below; keys in the recipe override it.
enum class AdversarialMethod {
  kSfV,     // "sf-v": SF-V, 2406.04324
  kLadd,    // "ladd": LADD (2403.12015) as SF-V compares with it: on SF-V's discriminator
  kUfogen,  // "ufogen": UFOGen (2311.09257) as SF-V compares with it: on SF-V's discriminator
};

enum class DiscriminatorNoise {
  kDiscretisedLogNormal,  // "discretised-log-normal": SF-V Eq. 7 over the ladder of `levels`
  kLogitNormal,           // "logit-normal": LADD; sigma' = t / (1 - t), t = sigmoid(mean + std n)
  kTied,                  // "tied": UFOGen; sigma' is the generator's level below, s_{t-1}
};

enum class HeadKind { kBoth, kSpatial, kTemporal };  // "both", "spatial", "temporal"

enum class HeadNorm {
  kGroup,       // "group": GroupNorm of 32 groups
  kBatchLocal,  // "batch-local": StyleGAN-T's, batches of 8 (mixes frames of one clip at micro-batch 1)
};

enum class BackboneKind {
  kFrozen,   // "frozen": a copy of the initial encoder that never changes; only heads train
  kTrained,  // "trained": the copy trains with the heads, at the discriminator's learning rate
};

enum class AdversarialLoss {
  kHinge,          // "hinge": max(0, 1 + D(real)) + max(0, 1 - D(fake)); the generator lowers D(fake)
  kNonSaturating,  // "non-saturating": softplus(D(real)) + softplus(-D(fake)); generator softplus(D(fake))
  kRelativistic,   // "relativistic": softplus(D(real) - D(fake)) on pairs; the generator's is the reverse
};

/// The discriminator: an encoder half of the UNet with heads after its blocks. Sign as in the paper: D is low
/// on real clips.
struct DiscriminatorOptions {
  DiscriminatorNoise noise = DiscriminatorNoise::kDiscretisedLogNormal;
  int64_t levels = 1000;  // T_d of Eq. 7, >= 2; kDiscretisedLogNormal
  double p_mean = -1;     // mean of ln sigma'; kDiscretisedLogNormal
  double p_std = 1;       // deviation of ln sigma', not 0; its sign does not matter; kDiscretisedLogNormal
  double logit_mean = 1;  // kLogitNormal
  double logit_std = 1;   // > 0; kLogitNormal
  BackboneKind backbone = BackboneKind::kFrozen;
  HeadKind heads = HeadKind::kBoth;
  bool image_condition = true;           // heads are told the image embedding
  bool sigma_condition = true;           // heads are told sigma'
  bool frame_condition = true;           // heads are told the frame's index
  int64_t width = 0;                     // channels inside a head; 0: those of the tap
  int64_t spatial_kernel = 1;            // of a spatial head's first convolution, odd
  int64_t spatial_residual_kernel = 3;   // of its residual block, odd
  int64_t temporal_kernel = 1;           // frames, odd
  int64_t temporal_residual_kernel = 9;  // frames, odd
  HeadNorm norm = HeadNorm::kGroup;
  AdversarialLoss loss = AdversarialLoss::kHinge;
  int64_t updates = 1;             // optimiser steps of the discriminator an iteration, each on its own batch
  double mismatched_weight = 0;    // loss weight of (real clip, another clip's condition) as a further fake
  double frozen_frame_weight = 0;  // loss weight of (frame 0 repeated) as a further fake

  [[nodiscard]] bool operator==(const DiscriminatorOptions&) const = default;
};

enum class ReconstructionLoss {
  kPseudoHuberSample,   // "pseudo-huber-sample": sqrt(|x0_hat - x0|^2 + c^2) - c over a clip (SF-V Eq. 9)
  kPseudoHuberElement,  // "pseudo-huber-element": the mean of the same for each element (AnimateLCM)
  kMse,                 // "mse": mean squared error over elements (UFOGen)
  kOff,                 // "off" (LADD)
};

enum class SigmaWeight {
  kOne,  // "one"
  kEdm,  // "edm": (1 + sigma^2) / sigma^2, EDM's weight at sigma_data 1
};

enum class LambdaKind {
  kConstant,  // "constant"
  kAnnealed,  // "annealed": from lambda to lambda_end in a straight line over anneal_steps
  kBalanced,  // "balanced": such that |g_rec| = ratio * |g_adv| at x0_hat, both smoothed over steps
};

/// The generator's regression to its own training clip.
struct ReconstructionOptions {
  ReconstructionLoss loss = ReconstructionLoss::kPseudoHuberSample;
  /// > 0; pseudo-Huber only. Empty: 0.00054 sqrt(d) of a sample's d elements (iCT) for kPseudoHuberSample,
  /// 0.001 (AnimateLCM) for kPseudoHuberElement.
  std::optional<double> c;
  SigmaWeight sigma_weight = SigmaWeight::kOne;
  LambdaKind schedule = LambdaKind::kConstant;
  double lambda = 0.1;            // >= 0; the loss weight, of kBalanced the one to begin with
  double lambda_end = 0.01;       // >= 0; kAnnealed
  int64_t anneal_steps = 10'000;  // iterations, >= 1; kAnnealed
  double ratio = 1;               // > 0; kBalanced
  double balance_decay = 0.99;    // [0, 1); kBalanced: of the running mean of both gradient norms

  [[nodiscard]] bool operator==(const ReconstructionOptions&) const = default;
};

enum class R1Kind {
  kOff,          // "off"
  kR1,           // "r1": weight * |grad of logits|^2 at the inputs of the heads, on real (ADD)
  kApproximate,  // "approximate": weight * (D(x) - D(x + sigma n))^2 at the same sigma' (APT)
};

struct R1Options {
  R1Kind kind = R1Kind::kR1;
  double weight = 1e-5;  // >= 0; gamma of kR1, lambda of kApproximate
  double sigma = 0.1;    // > 0; kApproximate
  bool on_fake = false;  // the same on generated clips (R2)

  [[nodiscard]] bool operator==(const R1Options&) const = default;
};

/// How differently the clips of one picture drift, as a proper score of several of them (drift_score.h).
struct DriftOptions {
  double weight = 0;   // of the score in the generator's loss; 0: none
  int64_t noises = 4;  // >= 2, clips that the generator makes of one; divides the micro-batch

  [[nodiscard]] bool operator==(const DriftOptions&) const = default;
};

/// Stage "adversarial": a one-step generator from a diffusion model, against a discriminator in latent space.
struct AdversarialOptions {
  AdversarialMethod method = AdversarialMethod::kSfV;
  /// UNet weights the generator starts from (a consistency model's, say): a safetensors file or a model
  /// folder. Empty: the model's own UNet. The discriminator's encoder starts from the model's in any case.
  std::string generator_start;
  int64_t generator_levels = 4;  // T_g of Eq. 5, >= 2; the generator trains on levels 1..T_g-1
  /// How often each of the levels 1..T_g-1 (rising noise) is drawn, >= 0, sum > 0; empty: equally often.
  std::vector<double> level_weights;
  int64_t generator_updates = 1;       // optimiser steps of the generator an iteration, each on its own batch
  bool same_sigma = true;              // real and fake are compared at one sigma'; false: each draws its own
  bool same_noise = false;             // real and fake get the same noise; false: fresh noise for each
  double adversarial_weight = 1;       // of the discriminator's word to the generator; 0: no discriminator
  double frame_difference_weight = 0;  // of the L1 between frame differences of x0_hat and x0
  DiscriminatorOptions discriminator;
  ReconstructionOptions reconstruction;
  R1Options r1;
  DriftOptions drift;

  [[nodiscard]] bool operator==(const AdversarialOptions&) const = default;
};

}  // namespace sfv::training
