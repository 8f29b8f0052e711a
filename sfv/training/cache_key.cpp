#include "sfv/training/cache_key.h"

#include <array>
#include <charconv>
#include <functional>
#include <span>

#include "sfv/core/check.h"
#include "sfv/io/hash.h"
#include "sfv/training/recipe_words.h"

namespace sfv::training {
namespace {

std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

void add_parameters(io::Sha256& hash, const torch::nn::Module& network,
                    const std::function<bool(const std::string&)>& counts) {
  std::map<std::string, torch::Tensor> parameters;  // sorted
  for (const auto& item : network.named_parameters()) {
    if (counts(item.key())) parameters.emplace(item.key(), item.value());
  }
  for (const auto& [name, value] : parameters) {
    hash.update(concat(name.size(), ":", name, " ", value.sizes(), "\n"));
    const torch::Tensor values = value.detach().to(at::kCPU, at::kFloat).contiguous();
    hash.update(std::span(static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()));
  }
}

// What the clips of a cache must have in common with those of a recipe that uses it.
std::map<std::string, std::string> shape_of(const DataOptions& o) {
  std::map<std::string, std::string> shape = {{"frames", std::to_string(o.frames)},
                                              {"fps", number_text(o.fps)},
                                              {"width", std::to_string(o.width)},
                                              {"height", std::to_string(o.height)}};
  if (o.scene_side > 0) shape.emplace("scene_side", std::to_string(o.scene_side));
  return shape;
}

}  // namespace

std::map<std::string, std::string> hash_encoders(const checkpoint::Model& model) {
  io::Sha256 vae, image_encoder;
  add_parameters(vae, *model.vae, [](const std::string& name) { return !name.starts_with("decoder."); });
  const models::ClipVisionConfig& c = model.image_encoder->config();
  image_encoder.update(concat(c.num_attention_heads, " ", c.image_size, " ", c.patch_size, " ", c.hidden_act,
                              " ", number_text(c.layer_norm_eps)));
  for (const auto& numbers : {model.feature_extractor.image_mean, model.feature_extractor.image_std}) {
    for (const double number : numbers) image_encoder.update(concat(" ", number_text(number)));
  }
  add_parameters(image_encoder, *model.image_encoder, [](const std::string&) { return true; });
  return {{"vae_encoder", vae.finish()}, {"image_encoder", image_encoder.finish()}};
}

data::LatentCacheKey make_cache_key(const DataOptions& o, const checkpoint::Model& model) {
  data::LatentCacheKey key{.networks = hash_encoders(model), .data = shape_of(o)};
  key.data.emplace("source", word_of(o.source));
  if (o.source != DataSource::kShapes) key.data.emplace("path", o.path);
  if (o.source == DataSource::kShapes || o.source == DataSource::kSnow)
    key.data.emplace("seed", std::to_string(o.seed));
  key.data.emplace("flip", o.flip ? "true" : "false");
  return key;
}

void check_cache_key(const data::LatentCacheKey& key, const std::string& name, const DataOptions& options,
                     const checkpoint::Model& model) {
  const std::string networks = data::describe_difference(hash_encoders(model), key.networks);
  SFV_CHECK(networks.empty(), kInvalidArgument, "[data] ", name,
            " was made by other networks than the model's; SHA-256 of ", networks,
            ". Make a cache with this model, by sfv data cache");
  std::map<std::string, std::string> found;
  const std::map<std::string, std::string> wanted = shape_of(options);
  for (const auto& [setting, value] : wanted) {
    if (const auto at = key.data.find(setting); at != key.data.end()) found.insert(*at);
  }
  const std::string data = data::describe_difference(wanted, found);
  SFV_CHECK(data.empty(), kInvalidArgument, "[data] ", name, " holds other clips than the recipe asks for; ",
            data);
}

}  // namespace sfv::training
