// Photo to clip, in diffusers' order (svd.md section 4): fit and encode the photo, draw the noise, denoise,
// decode.
#include "sfv/pipeline/image_to_video.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include <utility>

#include "sfv/conditioning/clip_preprocess.h"
#include "sfv/conditioning/conditioning.h"
#include "sfv/core/check.h"
#include "sfv/core/clip_motion.h"
#include "sfv/core/guidance.h"
#include "sfv/core/trace.h"
#include "sfv/diffusion/karras_schedule.h"
#include "sfv/diffusion/samplers.h"
#include "sfv/pipeline/decode.h"
#include "sfv/pipeline/frame_copies.h"
#include "sfv/tensor/finite.h"
#include "sfv/tensor/random.h"

namespace sfv::pipeline {
namespace {

using conditioning::Conditioning;

void check_settings(const checkpoint::Model& model, const GenerateSettings& s) {
  const int64_t side = model.vae->config().compression();
  SFV_CHECK(s.width % side == 0 && s.height % side == 0, kInvalidArgument,
            "[size] this model's VAE needs sides divisible by ", side, ", got ", s.width, "x", s.height);
  SFV_CHECK(s.decoder != DecoderKind::kTiny || model.tiny_decoder, kInvalidArgument,
            "[decoder] the tiny decoder needs its weights; give --tiny-vae FILE");
}

// The given noise if there is one, else the generator's next numbers.
torch::Tensor take_noise(const torch::Tensor& given, at::IntArrayRef shape, const char* name,
                         at::Generator& generator) {
  if (!given.defined()) return draw_normal(shape, generator);
  SFV_CHECK(given.sizes() == shape && given.scalar_type() == at::kFloat, kInvalidArgument, "[noise] ", name,
            " expected float32 ", shape, ", got ", given.scalar_type(), " ", given.sizes());
  return given;
}

std::vector<float> schedule(const checkpoint::Model& model, const GenerateSettings& s) {
  const auto& [sigma_min, sigma_max] = model.scheduler;
  if (!s.sigmas.empty()) return {s.sigmas.begin(), s.sigmas.end()};
  if (s.sampler == SamplerKind::kLcm) return diffusion::lcm_schedule(s.steps, sigma_min, sigma_max);
  return diffusion::karras_schedule(s.steps, sigma_min, sigma_max);
}

Progress make_progress(const StageOperations& operations, const GenerateSettings& s, ProgressSink* sink,
                       const CancelToken* cancel) {
  std::vector<ProgressStage> stages = {{"encode", operations.image_encoder + operations.vae_encoder}};
  for (int64_t i = 1; i <= s.steps; ++i) {
    stages.push_back({concat("denoise ", i, "/", s.steps), operations.unet * (is_guided(s) ? 2 : 1)});
  }
  stages.push_back({"decode", operations.decoder});
  return {std::move(stages), sink, cancel};
}

struct Encoded {
  torch::Tensor pixel_values;  // [1, 3, S, S]
  torch::Tensor latent;        // [1, C, h, w]
  Conditioning condition;
};

Encoded encode(checkpoint::Model& model, const RgbImage& image, const GenerateSettings& s, const Noise& noise,
               at::Generator& generator, Progress& progress) {
  progress.begin_next_stage();
  const TraceSpan span(TraceKind::kStage, "encode");
  const conditioning::FittedImage fitted = conditioning::fit_image(image, s.fit, s.width, s.height);
  const auto& extractor = model.feature_extractor;
  Encoded encoded;
  encoded.pixel_values = conditioning::clip_pixel_values(
      fitted.for_clip, model.image_encoder->config().image_size, extractor.image_mean, extractor.image_std);
  {
    const TraceSpan clip(TraceKind::kBlock, "image_encoder");
    const auto weights = checkpoint::bring_weights(model, *model.image_encoder, model.dtype);
    encoded.condition.image_embeds =
        conditioning::encode_image(model.image_encoder, encoded.pixel_values, model.dtype);
  }
  const torch::Tensor image_noise =
      take_noise(noise.image_noise, {1, 3, s.height, s.width}, "image_noise", generator);
  {
    const TraceSpan vae(TraceKind::kBlock, "vae.encoder");
    const auto weights =
        checkpoint::bring_weights(model, model.vae->encoder(), model.vae->encoder_weight().scalar_type());
    encoded.latent = conditioning::encode_latent(model.vae, conditioning::to_pixels(fitted.for_vae),
                                                 image_noise, s.noise_aug);
  }
  encoded.condition.image_latents =
      encoded.latent.to(model.dtype).unsqueeze(1).repeat({1, s.frames, 1, 1, 1});
  encoded.condition.added_time_ids = conditioning::make_added_time_ids(s, model.dtype, model.device);
  return encoded;
}

// The guided network as the samplers see it. Each branch runs at batch 1: half the memory, and the same bytes
// as the batch.
diffusion::VPrediction make_network(checkpoint::Model& model, RepeatedPass& unet_pass,
                                    const GenerateSettings& s, const Conditioning& condition,
                                    Progress& progress) {
  const Conditioning unconditional = conditioning::make_unconditional(condition);
  return [&model, &unet_pass, &s, &progress, condition, unconditional](const torch::Tensor& scaled_x,
                                                                       float c_noise) {
    progress.begin_next_stage();
    const torch::Tensor timestep = at::full({1}, c_noise, scaled_x.options().dtype(at::kFloat));
    const auto run = [&](const Conditioning& c) {
      const TraceSpan span(TraceKind::kBlock, "unet");
      return unet_pass({at::cat({scaled_x, c.image_latents}, 2), timestep, c.image_embeds, c.added_time_ids},
                       [&model](const std::vector<torch::Tensor>& x) {
                         return model.unet->forward(x[0], x[1], x[2], x[3]);
                       });
    };
    torch::Tensor v = run(condition);
    if (is_guided(s)) v = diffusion::guide(v, run(unconditional), s.guidance.min, s.guidance.max);
    check_finite(v, "UNet");
    return v;
  };
}

torch::Tensor denoise(checkpoint::Model& model, RepeatedPass& unet_pass, const GenerateSettings& s,
                      const Conditioning& condition, const Noise& noise, at::Generator& generator,
                      Progress& progress) {
  const TraceSpan span(TraceKind::kStage, "denoise");
  const auto weights = checkpoint::bring_weights(model, *model.unet, model.dtype);
  at::IntArrayRef shape = condition.image_latents.sizes();
  const torch::Tensor latent_noise = take_noise(noise.latent_noise, shape, "latent_noise", generator);
  const std::vector<float> sigmas = schedule(model, s);
  const torch::Tensor x = latent_noise.to(model.device, model.dtype) * diffusion::init_noise_sigma(sigmas[0]);
  const diffusion::VPrediction network = make_network(model, unet_pass, s, condition, progress);
  switch (s.sampler) {
    case SamplerKind::kOneStep:
      return diffusion::sample_one_step(x, sigmas[0], network);
    case SamplerKind::kLcm: {
      if (noise.step_noise.defined()) {
        SFV_CHECK(noise.step_noise.dim() == 6 && noise.step_noise.size(0) == 1 &&
                      noise.step_noise.size(1) == s.steps,
                  kInvalidArgument, "[noise] step_noise expected [1, ", s.steps, ", F, C, h, w], got ",
                  noise.step_noise.sizes());
      }
      return diffusion::sample_lcm(x, sigmas, network, [&](int64_t step) {
        const torch::Tensor given =
            noise.step_noise.defined() ? noise.step_noise.select(1, step) : torch::Tensor();
        return take_noise(given, shape, "step_noise", generator);
      });
    }
    case SamplerKind::kEuler:
      return diffusion::sample_euler(x, sigmas, network);
  }
  throw Error(ErrorCode::kInternal, "[denoise] unknown sampler");
}

torch::Tensor decode(checkpoint::Model& model, const torch::Tensor& latents, const GenerateSettings& s,
                     FrameCopies& copies) {
  const TraceSpan span(TraceKind::kStage, "decode");
  torch::Tensor frames =
      decode_frames(model, latents, s, [&copies](const torch::Tensor& slice) { copies.add(slice); });
  check_finite(frames, "decoder");
  return frames;
}

}  // namespace

ImageToVideo::ImageToVideo(checkpoint::Model model, WorkRecorder recorder)
    : model_(std::move(model)), unet_pass_(std::move(recorder)) {
  if (model_.dtype == at::kHalf && model_.vae->config().force_upcast) model_.vae->upcast_encoder();
}

GenerateResult ImageToVideo::generate(const RgbImage& image, const GenerateOptions& options,
                                      ProgressSink* sink, const CancelToken* cancel) {
  return generate(image, options, nullptr, nullptr, sink, cancel);
}

GenerateResult ImageToVideo::generate(const RgbImage& image, const GenerateOptions& options,
                                      const Noise* given, Trace* trace, ProgressSink* sink,
                                      const CancelToken* cancel) {
  const torch::NoGradGuard no_grad;
  const GenerateSettings s = resolve_settings(options, model_.defaults, model_.unet->config().num_frames);
  check_settings(model_, s);
  const Noise noise = given != nullptr ? *given : Noise{};
  at::Generator generator = make_generator(s.seed);
  Progress progress = make_progress(operations_.count(model_, s), s, sink, cancel);
  const WorkScope scope(progress);

  const Encoded photo = encode(model_, image, s, noise, generator, progress);
  const torch::Tensor latents = denoise(model_, unet_pass_, s, photo.condition, noise, generator, progress);
  progress.begin_next_stage();
  FrameCopies copies;
  const torch::Tensor frames = decode(model_, latents, s, copies);
  progress.finish();

  if (trace != nullptr) {
    const auto plain = [](const torch::Tensor& x) { return x.to(at::kCPU, at::kFloat).contiguous(); };
    *trace = {plain(photo.pixel_values), plain(photo.condition.image_embeds), plain(photo.latent),
              plain(latents), plain(frames.unsqueeze(0))};
  }
  GenerateResult result{copies.finish(static_cast<double>(s.fps)), s, 0};
  result.motion = mean_frame_difference(result.clip);
  return result;
}

}  // namespace sfv::pipeline
