#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <span>

#include "sfv/checkpoint/model.h"
#include "sfv/core/generate_options.h"
#include "sfv/core/rgb_image.h"

namespace sfv::cli {

/// What one clip begins with.
struct ClipStart {
  const RgbImage* image = nullptr;  // of the clip's size; borrowed
  double motion = 127;              // motion bucket
  uint64_t seed = 0;
};

/// Generates many clips at once: small networks are several times faster so than one clip at a time. Each
/// clip has the noise and the conditions that the pipeline gives it with its seed, so its pixels are the
/// pipeline's up to rounding.
class BatchSampler {
 public:
  /// settings: sampler, steps, guidance, size, frames and noise_aug count. fps_told: what the network is
  /// told, which is fps - 1 where it was trained so. on_step: called after each evaluation of the UNet; may
  /// throw.
  BatchSampler(checkpoint::Model& model, GenerateSettings settings, double fps_told,
               std::function<void()> on_step);

  /// Pixels float32 [B, F, 3, H, W] on the CPU, clamped to -1..1. Errors: kInvalidArgument for pictures of
  /// another size; kNotFinite.
  [[nodiscard]] torch::Tensor sample(std::span<const ClipStart> starts);

 private:
  checkpoint::Model& model_;
  GenerateSettings settings_;
  double fps_told_;
  std::function<void()> on_step_;
};

}  // namespace sfv::cli
