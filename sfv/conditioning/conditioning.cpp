#include "sfv/conditioning/conditioning.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include "sfv/io/resize.h"
#include "sfv/tensor/finite.h"

namespace sfv::conditioning {

FittedImage fit_image(const RgbImage& photo, Fit fit, int64_t width, int64_t height) {
  if (fit == Fit::kStretch) return {io::resize_lanczos(photo, width, height), photo};
  RgbImage fitted =
      fit == Fit::kCrop ? io::fit_crop(photo, width, height) : io::fit_pad(photo, width, height);
  return {fitted, fitted};
}

torch::Tensor encode_image(models::CLIPVisionModelWithProjection& image_encoder,
                           const torch::Tensor& pixel_values, at::ScalarType dtype) {
  const at::Device device = image_encoder->parameters().front().device();
  const torch::Tensor embeds = image_encoder->forward(pixel_values.to(device, dtype)).unsqueeze(1);
  check_finite(embeds, "image encoder (CLIP)");
  return embeds;
}

torch::Tensor encode_latent(models::AutoencoderKLTemporalDecoder& vae, const torch::Tensor& pixels,
                            const torch::Tensor& noise, double noise_aug) {
  const torch::Tensor& any_weight = vae->encoder_weight();
  const torch::Tensor noised = pixels + noise_aug * noise;
  const torch::Tensor latent = vae->encode_mode(noised.to(any_weight.device(), any_weight.scalar_type()));
  check_finite(latent, "VAE encoder");
  return latent;
}

torch::Tensor make_added_time_ids(const GenerateSettings& settings, at::ScalarType dtype, at::Device device) {
  const std::array<double, 3> ids = {static_cast<double>(settings.fps - 1), settings.motion,
                                     settings.noise_aug};
  return at::tensor(at::ArrayRef<double>(ids.data(), ids.size()), at::kFloat).to(device, dtype).unsqueeze(0);
}

Conditioning make_unconditional(const Conditioning& condition) {
  return {at::zeros_like(condition.image_embeds), at::zeros_like(condition.image_latents),
          condition.added_time_ids};
}

}  // namespace sfv::conditioning
