#include "sfv/training/clip_encoding.h"

#include <vector>

#include "sfv/conditioning/clip_preprocess.h"
#include "sfv/conditioning/conditioning.h"
#include "sfv/tensor/finite.h"
#include "sfv/training/train_batch.h"

namespace sfv::training {
namespace {

std::vector<float> to_values(const torch::Tensor& x) {
  const torch::Tensor values = x.to(at::kCPU, at::kFloat).contiguous();
  const auto* begin = values.const_data_ptr<float>();
  return {begin, begin + values.numel()};
}

}  // namespace

torch::Tensor encode_clip_latents(checkpoint::Model& model, const torch::Tensor& pixels) {
  const torch::NoGradGuard no_grad;
  return model.vae->encode_mode(pixels.to(model.vae->encoder_weight().options())).to(at::kFloat);
}

torch::Tensor encode_picture(checkpoint::Model& model, const RgbImage& picture) {
  const torch::NoGradGuard no_grad;
  const auto& extractor = model.feature_extractor;
  const torch::Tensor pixel_values = conditioning::clip_pixel_values(
      picture, model.image_encoder->config().image_size, extractor.image_mean, extractor.image_std);
  return conditioning::encode_image(model.image_encoder, pixel_values, model.dtype).squeeze(0).to(at::kFloat);
}

data::EncodedClip encode_clip(checkpoint::Model& model, const data::TrainingClip& clip) {
  data::Sample sample;
  sample.clip = clip;
  const TrainBatch batch = make_batch({sample});
  const torch::Tensor latents = encode_clip_latents(model, batch.pixels[0]);
  check_finite(latents, "VAE encoder");
  return {.frames = latents.size(0),
          .channels = latents.size(1),
          .height = latents.size(2),
          .width = latents.size(3),
          .latents = to_values(latents),
          .image_embeds = to_values(encode_picture(model, batch.first_frames[0]))};
}

}  // namespace sfv::training
