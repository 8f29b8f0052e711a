#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "sfv/checkpoint/model.h"
#include "sfv/diffusion/noise_distribution.h"
#include "sfv/training/data_options.h"
#include "sfv/training/sample_random.h"
#include "sfv/training/train_batch.h"

namespace sfv::training {

/// Clips and conditions as the UNet sees them. Source: SF-V section 3; methods as in SVD's own training.
struct LatentBatch {
  torch::Tensor x0;  // [B, F, C, h, w], times the VAE's scaling factor
  torch::Tensor
      image_latents;  // [B, F, C, h, w], of the noised first frame, not scaled, the same for all frames
  torch::Tensor image_embeds;    // [B, 1, X]
  torch::Tensor added_time_ids;  // [B, 3]: fps, motion bucket, strength of the noise on the condition picture
  std::vector<int64_t> positions;

  [[nodiscard]] int64_t size() const { return x0.size(0); }
};

/// Encodes clips with a model's frozen VAE and image encoder, without gradients; of cached clips only the
/// noised condition picture. fps: of the clips. seed: of the condition noise.
/// compute: what products are computed in; results are float32. Errors: kNotFinite;
/// kInvalidFile for cached latents of another shape than the VAE's.
[[nodiscard]] LatentBatch encode_batch(checkpoint::Model& model, const TrainBatch& batch,
                                       const ConditioningOptions& options, double fps, uint64_t seed,
                                       at::ScalarType compute);

/// x0_hat = D(x; sigma) of each sample: the UNet, with products in `compute`, within its preconditioning in
/// float32. x: [B, F, C, h, w] float32; sigma: [B].
[[nodiscard]] torch::Tensor denoise(models::UNetSpatioTemporalConditionModel& unet, const torch::Tensor& x,
                                    const torch::Tensor& sigma, const LatentBatch& condition,
                                    at::ScalarType compute);

/// Unit-normal numbers shaped like one sample of `like` for each position, from each sample's own generator:
/// [B, …]. skip: as many draws of that size come first and are passed over.
[[nodiscard]] torch::Tensor draw_noise(const torch::Tensor& like, const std::vector<int64_t>& positions,
                                       uint64_t seed, RandomUse use, int64_t skip = 0);

/// A noise level of the law for each sample, float32 [B] on the CPU, from each sample's own generator. skip:
/// as many draws come first and are passed over.
[[nodiscard]] torch::Tensor draw_sigmas(const diffusion::NoiseLaw& law, const std::vector<int64_t>& positions,
                                        uint64_t seed, RandomUse use, int64_t skip = 0);

/// [B] as [B, 1, 1, 1, 1], to go with clips of latents.
[[nodiscard]] torch::Tensor per_sample(const torch::Tensor& x);

}  // namespace sfv::training
