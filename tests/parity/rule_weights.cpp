// The C++ half of rule_weights.py; tests/models/rule_weights_test.cpp holds the two together.
#include "tests/parity/rule_weights.h"

#include <ATen/Parallel.h>

#include <array>
#include <cmath>

#include "sfv/core/check.h"

namespace sfv::parity {
namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;
constexpr double kSmallGain = 0.003;
constexpr std::array<std::string_view, 9> kSmallWeights = {
    "conv_in",  "conv1",    "conv2", "time_emb_proj",          "proj_in",
    "proj_out", "to_out.0", "net.2", "time_pos_embed.linear_2"};

bool is_small(std::string_view module, bool is_bias) {
  for (std::string_view end : kSmallWeights) {
    if (module.ends_with(end)) return true;
  }
  return is_bias && (module.ends_with("conv") || module.ends_with("conv_shortcut"));
}

uint64_t number_of(std::string_view weight_set) {
  SFV_CHECK(weight_set == "normal" || weight_set == "small_variance", kInvalidArgument,
            "[rule_weights] expected weight set normal or small_variance, got ", weight_set);
  return weight_set == "normal" ? 0 : 1;
}

}  // namespace

uint64_t hash_name(std::string_view name) {
  uint64_t value = 0xCBF29CE484222325;
  for (char c : name) value = (value ^ static_cast<uint8_t>(c)) * 0x100000001B3;
  return value;
}

double uniform(uint64_t seed, uint64_t i) {
  uint64_t z = seed + (i + 1) * kGolden;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) / (1 << 23) - 1;
}

torch::Tensor rule_tensor(std::string_view name, torch::IntArrayRef sizes, double scale, double offset,
                          uint64_t set_number) {
  const uint64_t seed = hash_name(name) ^ set_number;
  const double exact_scale =
      static_cast<float>(scale);  // 24 bits times 24 bits: the product is exact in double
  torch::Tensor out = torch::empty(sizes, torch::kFloat32);
  float* values = out.data_ptr<float>();
  at::parallel_for(0, out.numel(), 1 << 16, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      values[i] = static_cast<float>(offset + exact_scale * uniform(seed, static_cast<uint64_t>(i)));
    }
  });
  return out;
}

Spread spread_of(std::string_view key, torch::IntArrayRef sizes, std::string_view weight_set) {
  const size_t dot = key.rfind('.');
  const std::string_view module = dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
  const std::string_view leaf = dot == std::string_view::npos ? key : key.substr(dot + 1);
  if (leaf == "mix_factor") return {.scale = 1};
  if (leaf == "class_embedding" || module.ends_with("position_embedding")) return {.scale = 0.5};
  // I3D's batch norms: a variance is above 0, and a gain keeps the input alive through the ReLUs.
  if (module.ends_with("bn")) {
    if (leaf == "weight") return {.scale = 0.4, .offset = 1.6};
    return leaf == "running_var" ? Spread{.scale = 0.3, .offset = 1} : Spread{.scale = 0.2};
  }
  const bool is_vector = sizes.size() == 1;
  const std::string_view own_name = module.substr(module.rfind('.') + 1);  // npos + 1 is 0
  if (is_vector && own_name.find("norm") != std::string_view::npos) {
    return leaf == "weight" ? Spread{.scale = 0.3, .offset = 1} : Spread{.scale = 0.2};
  }
  int64_t fan_in = 1;
  for (size_t i = 1; i < sizes.size(); ++i) fan_in *= sizes[i];
  const double gain = number_of(weight_set) == 1 && is_small(module, is_vector) ? kSmallGain : 1;
  return {.scale = (is_vector ? 0.1 : std::sqrt(3.0 / static_cast<double>(fan_in))) * gain};
}

torch::Tensor rule_weight(std::string_view key, torch::IntArrayRef sizes, std::string_view weight_set) {
  const Spread spread = spread_of(key, sizes, weight_set);
  return rule_tensor(key, sizes, spread.scale, spread.offset, number_of(weight_set));
}

void fill_by_rule(torch::nn::Module& module, std::string_view weight_set, const std::string& prefix) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : module.named_parameters()) {
    // set_data, not copy_: parameters have no memory of their own before they are loaded.
    parameter.value().set_data(rule_weight(prefix + parameter.key(), parameter.value().sizes(), weight_set));
  }
}

RgbImage rule_image(std::string_view name, int64_t height, int64_t width) {
  RgbImage image{.width = width, .height = height, .rgb = {}};
  image.rgb.reserve(static_cast<size_t>(height * width * 3));
  const uint64_t seed = hash_name(name);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < 3; ++c) {
        const double noise = 32 * (uniform(seed, static_cast<uint64_t>((y * width + x) * 3 + c)) + 1);
        const double ramp = static_cast<double>((3 * x + 5 * y + 70 * c) % 256);
        image.rgb.push_back(static_cast<uint8_t>(std::floor(0.75 * ramp + noise)));
      }
    }
  }
  return image;
}

}  // namespace sfv::parity
