#include "sfv/checkpoint/model_files.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "sfv/checkpoint/component_config.h"
#include "sfv/checkpoint/component_files.h"
#include "sfv/checkpoint/model_hash.h"
#include "sfv/checkpoint/model_place.h"
#include "sfv/core/check.h"

namespace sfv::checkpoint {
namespace {

namespace fs = std::filesystem;

// The buffer that some CLIP files carry beside the weights; transformers passes over it too (svd.md
// section 3.11).
constexpr const char* kPositionIds = "vision_model.embeddings.position_ids";

// Names of the VAE's attention in files made before diffusers 0.18.
void rename_old_attention(Weights& weights) {
  constexpr std::pair<const char*, const char*> kNames[] = {
      {".query.", ".to_q."}, {".key.", ".to_k."}, {".value.", ".to_v."}, {".proj_attn.", ".to_out.0."}};
  std::vector<std::pair<std::string, std::string>> renamed;
  for (const auto& [name, weight] : weights) {
    if (name.find(".mid_block.attentions.") == std::string::npos) continue;
    for (const auto& [old_part, part] : kNames) {
      const size_t place = name.find(old_part);
      if (place == std::string::npos) continue;
      std::string new_name = name;
      renamed.emplace_back(name, new_name.replace(place, std::string_view(old_part).size(), part));
    }
  }
  for (auto& [name, new_name] : renamed) {
    // Both names at once: the old one stays and is reported as unexpected.
    if (weights.contains(new_name)) continue;
    auto node = weights.extract(name);
    node.key() = std::move(new_name);
    weights.insert(std::move(node));
  }
}

// A config asking for more blocks than the files have tensors cannot fit them; said before a network is built
// for it.
void check_block_count(const models::UNetConfig& config, const ModelComponent& unet) {
  int64_t blocks = 0;
  for (int64_t level = 0; level < config.levels(); ++level) {
    blocks += config.layers_per_block[level] * (1 + config.transformer_layers_per_block[level]);
  }
  const auto tensors = static_cast<int64_t>(unet.weights.size());
  SFV_CHECK(blocks <= std::max<int64_t>(tensors, 1000), kInvalidFile, "[load_model] ",
            unet.files.front()->path().string(), ": the config asks for ", blocks,
            " blocks or more, the weights have ", tensors, " tensors; they belong to different models");
}

io::JsonConfig load_config(ModelFiles& model, const char* relative) {
  const fs::path path = model.path / relative;
  std::error_code error;
  SFV_CHECK(
      fs::exists(path, error), kNotFound, "[load_model] ", path.string(),
      " is not there; expected a folder in diffusers' layout (model_index.json, unet/, vae/, image_encoder/, "
      "scheduler/, feature_extractor/), or was the download interrupted?");
  return model.texts.emplace_back(io::JsonConfig::load(path));
}

void read_configs(ModelFiles& model) {
  const io::JsonConfig index = load_config(model, "model_index.json");
  const std::string pipeline = index.get_string("_class_name").value_or("StableVideoDiffusionPipeline");
  SFV_CHECK(pipeline == "StableVideoDiffusionPipeline", kUnsupported, "[load_model] ", index.name(),
            ": _class_name expected StableVideoDiffusionPipeline, found ", pipeline,
            "; this is another kind of model");
  ModelConfigs& c = model.configs;
  c.unet = read_unet_config(load_config(model, "unet/config.json"));
  c.vae = read_vae_config(load_config(model, "vae/config.json"));
  c.image_encoder = read_clip_config(load_config(model, "image_encoder/config.json"));
  c.scheduler = read_scheduler_config(load_config(model, "scheduler/scheduler_config.json"));
  c.feature_extractor =
      read_feature_extractor_config(load_config(model, "feature_extractor/preprocessor_config.json"));
  std::error_code error;
  if (fs::exists(model.path / "sfv.json", error))
    c.defaults = read_model_defaults(load_config(model, "sfv.json"));
}

ModelComponent read_component(const fs::path& model, const std::string& name, std::string_view stem,
                              torch::Dtype wanted) {
  ModelComponent component{.name = name, .files = {}, .weights = {}};
  component.files = open_component(model / name, std::string(stem), wanted).shards;
  component.weights = read_weights(component.files);
  return component;
}

}  // namespace

ModelFiles open_model(const std::string& name, torch::Dtype wanted, const fs::path& unet) {
  const ModelPlace place = find_model(name);
  ModelFiles model;
  model.path = place.path;
  model.is_folder = place.is_folder;
  read_configs(model);
  if (unet.empty()) {
    model.unet = read_component(model.path, "unet", kDiffusersStem, wanted);
  } else {
    model.unet = {.name = "unet", .files = {io::SafetensorsFile::open(unet)}, .weights = {}};
    model.unet.weights = read_weights(model.unet.files);
  }
  model.vae = read_component(model.path, "vae", kDiffusersStem, wanted);
  model.image_encoder = read_component(model.path, "image_encoder", kTransformersStem, wanted);
  rename_old_attention(model.vae.weights);
  model.image_encoder.weights.erase(kPositionIds);
  check_block_count(model.configs.unet, model.unet);
  model.hash = hash_model(model);
  return model;
}

}  // namespace sfv::checkpoint
