#include "sfv/checkpoint/save_model.h"

#include <map>

#include "sfv/checkpoint/model_files.h"
#include "sfv/checkpoint/model_folder_writer.h"
#include "sfv/checkpoint/weight_writer.h"

namespace sfv::checkpoint {
namespace {

void write_network(const std::filesystem::path& folder, std::string_view stem,
                   const torch::nn::Module& network) {
  std::map<std::string, torch::Tensor> values;
  WeightEntries entries;
  for (const auto& item : network.named_parameters()) {
    values.emplace(item.key(), item.value().detach());
    entries.push_back({.name = item.key(), .dtype = io::DType::kF32, .shape = item.value().sizes().vec()});
  }
  write_component(
      folder, std::string(stem), entries, 0,
      [&](const auto& entry) { return values.at(entry.name).to(at::kCPU, at::kFloat); }, nullptr);
}

}  // namespace

void save_model(const Model& model, const ConfigTexts& texts, const std::filesystem::path& out) {
  ModelFolderWriter writer(out, texts);
  write_network(writer.folder("unet"), kDiffusersStem, *model.unet);
  write_network(writer.folder("vae"), kDiffusersStem, *model.vae);
  write_network(writer.folder("image_encoder"), kTransformersStem, *model.image_encoder);
  writer.commit();
}

}  // namespace sfv::checkpoint
