#pragma once

#include <torch/types.h>

#include "sfv/core/generate_options.h"
#include "sfv/core/rgb_image.h"
#include "sfv/models/autoencoder_kl_temporal_decoder.h"
#include "sfv/models/clip_vision.h"

namespace sfv::conditioning {

/// All that the denoiser is told of the photo and the wishes, in the UNet's dtype and device.
struct Conditioning {
  torch::Tensor image_embeds;    // [B, 1, X]
  torch::Tensor image_latents;   // [B, F, C, h, w], the same latent on every frame, unscaled
  torch::Tensor added_time_ids;  // [B, 3]: fps - 1, motion_bucket_id, noise_aug_strength
};

/// The photo as each image branch sees it.
struct FittedImage {
  RgbImage for_vae;   // width x height
  RgbImage for_clip;  // any size
};

/// crop and pad: both branches see the fitted picture. stretch: the VAE sees the stretched photo, CLIP the
/// original (diffusers' way).
[[nodiscard]] FittedImage fit_image(const RgbImage& photo, Fit fit, int64_t width, int64_t height);

/// CLIP's embedding of normalised pixels [1, 3, S, S] as one token [1, 1, X]. Errors: kNotFinite.
[[nodiscard]] torch::Tensor encode_image(models::CLIPVisionModelWithProjection& image_encoder,
                                         const torch::Tensor& pixel_values, at::ScalarType dtype);

/// The VAE's latent of the noised picture: mode of encode(pixels + noise_aug * noise). pixels, noise: float32
/// [1, 3, H, W]. Returns [1, C, h, w] in the encoder's own dtype. Errors: kNotFinite.
[[nodiscard]] torch::Tensor encode_latent(models::AutoencoderKLTemporalDecoder& vae,
                                          const torch::Tensor& pixels, const torch::Tensor& noise,
                                          double noise_aug);

/// [1, 3] in `dtype`, whose rounding is part of the result (svd.md section 3.1).
[[nodiscard]] torch::Tensor make_added_time_ids(const GenerateSettings& settings, at::ScalarType dtype,
                                                at::Device device);

/// The unconditional half of guidance: embedding and latents zero, the ids kept. Source: svd.md section 4.4.
[[nodiscard]] Conditioning make_unconditional(const Conditioning& condition);

}  // namespace sfv::conditioning
