#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "sfv/core/rgb_image.h"
#include "sfv/data/prefetch_loader.h"

namespace sfv::training {

/// A micro-batch of clips as they come from the data: pictures, or what a latent cache has of them.
struct TrainBatch {
  torch::Tensor pixels;  // [B, F, 3, H, W], float32 on the CPU, -1..1; of cached clips the first frame: F = 1
  torch::Tensor latents;       // [B, F, C, h, w], float32 on the CPU, not scaled; undefined unless cached
  torch::Tensor image_embeds;  // [B, 1, X], the same
  std::vector<RgbImage> first_frames;  // of each clip: the condition picture
  std::vector<int64_t> motion;         // motion bucket of each clip, 0..255
  std::vector<int64_t> positions;      // of each sample in the run: where its random numbers come from

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(positions.size()); }
};

/// samples: at least one, clips of one size and length, all cached or none. Errors: kInvalidArgument if they
/// differ.
[[nodiscard]] TrainBatch make_batch(std::vector<data::Sample> samples);

}  // namespace sfv::training
