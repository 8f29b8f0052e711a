// The C++ half of pipeline_case.py.
#include <cmath>

#include "sfv/checkpoint/component_config.h"
#include "sfv/pipeline/image_to_video.h"
#include "tests/parity/rule_weights.h"
#include "tests/parity/stages.h"

namespace sfv::parity {
namespace {

using nlohmann::json;

const double kUnitVariance = std::sqrt(3.0);

checkpoint::Model build_model(const json& test_case, const RunOptions& options) {
  const json& components = test_case.at("components");
  const auto weights = test_case.at("weights").get<std::string>();
  checkpoint::Model model;
  model.unet = models::UNetSpatioTemporalConditionModel(
      checkpoint::read_unet_config(config_of(components.at("unet"))));
  model.vae =
      models::AutoencoderKLTemporalDecoder(checkpoint::read_vae_config(config_of(components.at("vae"))));
  model.image_encoder = models::CLIPVisionModelWithProjection(
      checkpoint::read_clip_config(config_of(components.at("image_encoder"))));
  for (torch::nn::Module* network :
       {static_cast<torch::nn::Module*>(model.unet.get()), static_cast<torch::nn::Module*>(model.vae.get()),
        static_cast<torch::nn::Module*>(model.image_encoder.get())}) {
    fill_by_rule(*network, weights);
    network->to(options.device, options.stored);
    network->to(options.dtype);
  }
  model.scheduler = checkpoint::read_scheduler_config(config_of(components.at("scheduler")));
  model.dtype = options.dtype;
  model.device = options.device;
  return model;
}

GenerateOptions options_of(const json& test_case) {
  GenerateOptions options;
  options.sampler = parse_sampler(test_case.at("sampler").get<std::string>());
  options.guidance =
      GuidanceRange{test_case.at("guidance")[0].get<double>(), test_case.at("guidance")[1].get<double>()};
  if (test_case.contains("sigmas")) {
    options.sigmas = test_case["sigmas"].get<std::vector<double>>();
  } else {
    options.steps = test_case.at("steps").get<int64_t>();
  }
  options.width = test_case.at("width").get<int64_t>();
  options.height = test_case.at("height").get<int64_t>();
  options.frames = test_case.at("frames").get<int64_t>();
  options.fps = test_case.at("fps").get<int64_t>();
  options.motion = test_case.at("motion").get<double>();
  options.noise_aug = test_case.at("noise_aug").get<double>();
  options.fit = Fit::kStretch;
  if (test_case.contains("decode_chunk")) options.decode_chunk = test_case["decode_chunk"].get<int64_t>();
  options.seed = test_case.value("seed", uint64_t{0});
  return options;
}

pipeline::Noise rule_noise(const GenerateOptions& options, const models::VaeConfig& vae) {
  const std::vector<int64_t> latents = {1, *options.frames, vae.latent_channels,
                                        *options.height / vae.compression(),
                                        *options.width / vae.compression()};
  pipeline::Noise noise;
  noise.image_noise = rule_tensor("image_noise", {1, 3, *options.height, *options.width}, kUnitVariance);
  noise.latent_noise = rule_tensor("latent_noise", latents, kUnitVariance);
  if (options.sampler == SamplerKind::kLcm) {
    std::vector<torch::Tensor> steps;
    for (int64_t i = 0; i < *options.steps; ++i) {
      steps.push_back(rule_tensor("step_noise." + std::to_string(i), latents, kUnitVariance));
    }
    noise.step_noise = torch::stack(steps, 1);
  }
  return noise;
}

}  // namespace

Tensors run_pipeline(const json& test_case, const RunOptions& run_options) {
  pipeline::ImageToVideo pipeline(build_model(test_case, run_options));
  const GenerateOptions options = options_of(test_case);
  pipeline::Noise noise;
  if (!test_case.contains("seed")) noise = rule_noise(options, pipeline.model().vae->config());
  const RgbImage image =
      rule_image("image", test_case.at("image")[0].get<int64_t>(), test_case.at("image")[1].get<int64_t>());
  pipeline::Trace trace;
  (void)pipeline.generate(image, options, &noise, &trace, nullptr, nullptr);
  return {{"pixel_values", trace.pixel_values},
          {"image_embeds", trace.image_embeds},
          {"image_latents", trace.image_latents},
          {"latents", trace.latents},
          {"frames", trace.frames}};
}

}  // namespace sfv::parity
