#include "tests/parity/case_config.h"

namespace sfv::parity {
namespace {

template <typename T>
void read(const nlohmann::json& json, const char* key, T& value) {
  if (json.contains(key) && !json[key].is_null()) value = json[key].get<T>();
}

// A number for all levels or a list with one entry a level; the class default is one number.
std::vector<int64_t> per_level(const nlohmann::json& json, const char* key, size_t levels,
                               int64_t otherwise) {
  const nlohmann::json value = json.value(key, nlohmann::json(otherwise));
  if (value.is_array()) return value.get<std::vector<int64_t>>();
  return std::vector<int64_t>(levels, value.get<int64_t>());
}

}  // namespace

models::UNetConfig unet_config(const nlohmann::json& json) {
  models::UNetConfig config;
  read(json, "in_channels", config.in_channels);
  read(json, "out_channels", config.out_channels);
  read(json, "block_out_channels", config.block_out_channels);
  read(json, "down_block_types", config.down_block_types);
  read(json, "up_block_types", config.up_block_types);
  read(json, "addition_time_embed_dim", config.addition_time_embed_dim);
  read(json, "projection_class_embeddings_input_dim", config.projection_class_embeddings_input_dim);
  read(json, "num_frames", config.num_frames);
  const size_t levels = config.block_out_channels.size();
  config.layers_per_block = per_level(json, "layers_per_block", levels, 2);
  config.cross_attention_dim = per_level(json, "cross_attention_dim", levels, 1024);
  config.transformer_layers_per_block = per_level(json, "transformer_layers_per_block", levels, 1);
  if (json.contains("num_attention_heads")) {
    config.num_attention_heads = per_level(json, "num_attention_heads", levels, 0);
  }
  return config;
}

models::VaeConfig vae_config(const nlohmann::json& json) {
  models::VaeConfig config;
  read(json, "in_channels", config.in_channels);
  read(json, "out_channels", config.out_channels);
  read(json, "block_out_channels", config.block_out_channels);
  read(json, "layers_per_block", config.layers_per_block);
  read(json, "latent_channels", config.latent_channels);
  read(json, "scaling_factor", config.scaling_factor);
  read(json, "force_upcast", config.force_upcast);
  return config;
}

models::ClipVisionConfig clip_config(const nlohmann::json& json) {
  models::ClipVisionConfig config;
  read(json, "hidden_size", config.hidden_size);
  read(json, "intermediate_size", config.intermediate_size);
  read(json, "projection_dim", config.projection_dim);
  read(json, "num_hidden_layers", config.num_hidden_layers);
  read(json, "num_attention_heads", config.num_attention_heads);
  read(json, "num_channels", config.num_channels);
  read(json, "image_size", config.image_size);
  read(json, "patch_size", config.patch_size);
  read(json, "hidden_act", config.hidden_act);
  read(json, "layer_norm_eps", config.layer_norm_eps);
  return config;
}

}  // namespace sfv::parity
