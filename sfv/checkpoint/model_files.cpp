#include "sfv/checkpoint/model_files.h"

#include <utility>

#include "sfv/checkpoint/component_files.h"
#include "sfv/checkpoint/model_hash.h"
#include "sfv/checkpoint/model_place.h"
#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/networks.h"
#include "sfv/checkpoint/single_file.h"

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

ModelComponent read_component(const fs::path& model, const std::string& name, std::string_view stem,
                              torch::Dtype wanted) {
  ModelComponent component{.name = name, .files = {}, .weights = {}};
  component.files = open_component(model / name, std::string(stem), wanted).shards;
  component.weights = read_weights(component.files);
  return component;
}

// The whole of a folder but, when another is laid over it, its UNet.
void open_folder(ModelFiles& model, torch::Dtype wanted, bool with_unet) {
  model.texts = load_configs(model.path);
  model.configs = read_configs(model.texts);
  if (with_unet) model.unet = read_component(model.path, "unet", kDiffusersStem, wanted);
  model.vae = read_component(model.path, "vae", kDiffusersStem, wanted);
  model.image_encoder = read_component(model.path, "image_encoder", kTransformersStem, wanted);
  rename_old_attention(model.vae.weights);
  model.image_encoder.weights.erase(kPositionIds);
}

void open_single_file(ModelFiles& model) {
  const auto file = io::SafetensorsFile::open(model.path);
  model.texts = single_file_configs(*file);
  model.configs = read_configs(model.texts);
  SingleFileWeights weights = view_single_file(file, model.configs);
  model.unet = {.name = "unet", .files = {file}, .weights = std::move(weights.unet)};
  model.vae = {.name = "vae", .files = {file}, .weights = std::move(weights.vae)};
  model.image_encoder = {
      .name = "image_encoder", .files = {file}, .weights = std::move(weights.image_encoder)};
}

}  // namespace

ModelFiles open_model(const std::string& name, torch::Dtype wanted, const fs::path& unet) {
  const ModelPlace place = find_model(name);
  ModelFiles model;
  model.path = place.path;
  model.is_folder = place.is_folder;
  if (model.is_folder) {
    open_folder(model, wanted, unet.empty());
  } else {
    open_single_file(model);
  }
  if (!unet.empty()) {
    model.unet = {.name = "unet", .files = {io::SafetensorsFile::open(unet)}, .weights = {}};
    model.unet.weights = read_weights(model.unet.files);
  }
  model.hash = hash_model(model);
  return model;
}

std::string describe_component_misfit(const ModelFiles& model, const ModelComponent& component) {
  const Networks networks = make_networks(model.configs);
  if (component.name == model.unet.name) return describe_misfit(*networks.unet, component.weights);
  if (component.name == model.vae.name) return describe_misfit(*networks.vae, component.weights);
  return describe_misfit(*networks.image_encoder, component.weights);
}

}  // namespace sfv::checkpoint
