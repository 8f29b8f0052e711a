#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sfv/core/generate_options.h"

namespace sfv::training {

enum class AutoencoderPart {
  kAll,              // "all": encoder and temporal decoder
  kDecoder,          // "decoder": the temporal decoder, encoder frozen
  kTemporalDecoder,  // "temporal-decoder": only the decoder's temporal layers and blends
  kTinyDecoder,      // "tiny-decoder": a tiny decoder learns from the frozen VAE's latents and pictures
};

enum class TinyDecoderKind { kTaesd, kTaesdv };  // "taesd" (frame by frame), "taesdv" (with memory of frames)

/// What a tiny decoder's frames are compared with.
enum class TinyTarget {
  kDecoder,  // "decoder": the frozen decoder's frames of the same latents
  kData,     // "data": the clip itself
};

/// Stage "autoencoder": pictures in, pictures out. Losses are means over pixels in [-1, 1].
struct AutoencoderOptions {
  AutoencoderPart train = AutoencoderPart::kAll;
  bool zero_neighbours = false;  // temporal convolutions begin with 0 for the frames beside; not kTinyDecoder
  bool sample_posterior = true;  // decode a draw from the posterior; false: its mode; not kTinyDecoder
  double l1_weight = 1;          // >= 0
  double kl_weight = 1e-6;       // >= 0, of the KL divergence summed over a picture's latent; kAll
  double temporal_difference_weight = 0;  // >= 0, of the L1 between differences of consecutive frames
  double adversarial_weight = 0;          // >= 0, of a patch discriminator; 0: none
  int64_t adversarial_start = 0;          // first step at which it counts
  int64_t patch_channels = 64;            // of the patch discriminator's first layer, >= 1
  int64_t patch_layers = 3;               // its strided layers, 1 to 6
  bool measure_scaling = true;            // saves scaling_factor = 1 / deviation of the latents; kAll
  TinyDecoderKind tiny_decoder = TinyDecoderKind::kTaesdv;  // kTinyDecoder
  TinyTarget tiny_target = TinyTarget::kDecoder;            // kTinyDecoder
  std::string tiny_start;  // weights the tiny decoder starts from; empty: random; kTinyDecoder

  [[nodiscard]] bool operator==(const AutoencoderOptions&) const = default;
};

enum class DiffusionWeight {
  kEdm,  // "edm": (1 + sigma^2) / sigma^2 on the squared error of D: equal weight on F's error
  kOne,  // "one"
};

/// Stage "diffusion": EDM pre-training or fine-tuning with SVD's conditioning.
struct DiffusionOptions {
  double p_mean = 0.7;      // of ln sigma
  double p_std = 1.6;       // of ln sigma, > 0
  double ladder_share = 0;  // [0, 1]: share of clips whose sigma is a level of the ladder, all equally often
  int64_t ladder_levels = 40;  // >= 2
  DiffusionWeight weight = DiffusionWeight::kEdm;
  double drop_token = 0.05;   // [0, 1]: the image token alone is zeroed
  double drop_latent = 0.05;  // [0, 1]: the condition latent alone is zeroed
  double drop_both = 0.05;    // [0, 1]: both are: what guidance compares with; the three sum to at most 1

  [[nodiscard]] bool operator==(const DiffusionOptions&) const = default;
};

/// Stage "consistency": AnimateLCM's distillation on SVD (2402.00769 and its SVD code). Teacher: the model's
/// own UNet; target: an average of the trained one.
struct ConsistencyOptions {
  int64_t levels = 40;                                // N of the ladder, >= 2; 0 is appended
  std::vector<double> guidance_min = {1, 1.25, 1.5};  // the teacher's guidance at the first frame: one of
  std::vector<double> guidance_max = {2, 2.25, 2.5};  // these, and at the last frame, drawn for each clip
  double target_ema = 0.95;                           // [0, 1)
  double huber_c = 0.001;                             // > 0; element-wise pseudo-Huber
  double weighting_power = 0.1;                       // weight (1 / (s_n - s_{n+1}))^power

  [[nodiscard]] bool operator==(const ConsistencyOptions&) const = default;
};

}  // namespace sfv::training
