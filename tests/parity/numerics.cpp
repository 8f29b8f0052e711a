// The C++ half of numerics.py.
#include <cmath>

#include "sfv/checkpoint/model.h"
#include "sfv/conditioning/clip_preprocess.h"
#include "sfv/diffusion/karras_schedule.h"
#include "sfv/diffusion/preconditioning.h"
#include "sfv/diffusion/samplers.h"
#include "sfv/tensor/random.h"
#include "tests/parity/rule_weights.h"
#include "tests/parity/stages.h"

namespace sfv::parity {
namespace {

using nlohmann::json;

const double kUnitVariance = std::sqrt(3.0);
const std::vector<int64_t> kLatentShape = {1, 2, 4, 3, 5};

std::vector<float> sigmas_of(const json& test_case, bool is_lcm) {
  if (test_case.contains("sigmas")) return test_case["sigmas"].get<std::vector<float>>();
  const json& config = test_case.at("config");
  const double sigma_min = config.at("sigma_min").get<double>(),
               sigma_max = config.at("sigma_max").get<double>();
  const auto steps = test_case.at("steps").get<int64_t>();
  return is_lcm ? diffusion::lcm_schedule(steps, sigma_min, sigma_max)
                : diffusion::karras_schedule(steps, sigma_min, sigma_max);
}

RgbImage case_image(const json& test_case) {
  const auto height = test_case.at("height").get<int64_t>(), width = test_case.at("width").get<int64_t>();
  if (test_case.at("image") == "rule") return rule_image("image", height, width);
  RgbImage image{.width = width, .height = height, .rgb = {}};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < 3; ++c)
        image.rgb.push_back(static_cast<uint8_t>((3 * x + 5 * y + 7 * c) % 256));
    }
  }
  return image;
}

}  // namespace

Tensors run_scheduler(const json& test_case, const RunOptions&) {
  const bool is_lcm = test_case.at("config").contains("s_noise");
  const std::vector<float> sigmas = sigmas_of(test_case, is_lcm);
  std::vector<torch::Tensor> inputs;
  std::vector<float> timesteps;
  const auto network = [&](const torch::Tensor& scaled_x, float c_noise) {
    timesteps.push_back(c_noise);
    inputs.push_back(scaled_x);
    return rule_tensor("v." + std::to_string(inputs.size() - 1), scaled_x.sizes());
  };
  const double scale = diffusion::init_noise_sigma(sigmas[0]);
  const torch::Tensor x = rule_tensor("latent_noise", kLatentShape, kUnitVariance) * scale;
  const torch::Tensor latents =
      is_lcm ? diffusion::sample_lcm(x, sigmas, network,
                                     [](int64_t step) {
                                       return rule_tensor("step_noise." + std::to_string(step), kLatentShape,
                                                          kUnitVariance);
                                     })
             : diffusion::sample_euler(x, sigmas, network);
  return {{"sigmas", torch::tensor(sigmas)},
          {"timesteps", torch::tensor(timesteps)},
          {"init_noise_sigma", torch::tensor({static_cast<float>(scale)})},
          {"model_inputs", torch::stack(inputs)},
          {"latents", latents}};
}

Tensors run_preprocess(const json& test_case, const RunOptions&) {
  const RgbImage image = case_image(test_case);
  const checkpoint::FeatureExtractorConfig extractor;
  constexpr int64_t kSide = 224;
  return {
      {"resized", (conditioning::resize_with_antialiasing(conditioning::to_pixels(image), kSide) + 1) / 2},
      {"pixel_values",
       conditioning::clip_pixel_values(image, kSide, extractor.image_mean, extractor.image_std)}};
}

Tensors run_noise(const json& test_case, const RunOptions&) {
  const auto height = test_case.at("height").get<int64_t>(), width = test_case.at("width").get<int64_t>();
  const auto scale = test_case.at("vae_scale").get<int64_t>();
  const std::vector<int64_t> latents = {1, test_case.at("frames").get<int64_t>(), 4, height / scale,
                                        width / scale};
  at::Generator generator = make_generator(test_case.at("seed").get<uint64_t>());
  Tensors result;
  result["image_noise"] = draw_normal({1, 3, height, width}, generator);
  result["latent_noise"] = draw_normal(latents, generator);
  result["step_noise"] = draw_normal(latents, generator);
  return result;
}

}  // namespace sfv::parity
