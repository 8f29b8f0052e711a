#include "sfv/checkpoint/init_model.h"

#include "sfv/checkpoint/config_texts.h"
#include "sfv/checkpoint/model_files.h"
#include "sfv/checkpoint/model_folder_writer.h"
#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/networks.h"
#include "sfv/checkpoint/random_weights.h"
#include "sfv/checkpoint/weight_writer.h"

namespace sfv::checkpoint {
namespace {

ConfigTexts configs_like(const std::string& like) {
  if (like == "svd") return published_configs(14);
  if (like == "svd-xt") return published_configs(25);
  return load_configs(like);
}

void write_random(const std::filesystem::path& folder, std::string_view stem, const RandomWeights& random,
                  torch::Dtype dtype, const CancelToken* cancel) {
  WeightEntries entries;
  for (const ParameterShape& item : random.shapes()) {
    entries.push_back({.name = item.name, .dtype = to_io_dtype(dtype), .shape = item.shape});
  }
  write_component(
      folder, std::string(stem), entries, 0,
      [&](const auto& entry) { return random.make(entry.name).to(dtype); }, cancel);
}

}  // namespace

void init_model(const InitOptions& options, const CancelToken* cancel) {
  const ConfigTexts texts = configs_like(options.like);
  const Networks networks = make_networks(read_configs(texts));
  ModelFolderWriter writer(options.out, texts);
  // What diffusers' blocks begin with: merge_factor 0.5 in the UNet, 0 in the VAE.
  constexpr float kUNetMix = 0.5F, kVaeMix = 0.0F;
  const auto write = [&](const char* name, const torch::nn::Module& network, std::string_view stem,
                         float mix) {
    write_random(writer.folder(name), stem, {parameter_shapes(network), options.seed, mix}, options.dtype,
                 cancel);
  };
  write("unet", *networks.unet, kDiffusersStem, kUNetMix);
  write("vae", *networks.vae, kDiffusersStem, kVaeMix);
  write("image_encoder", *networks.image_encoder, kTransformersStem, 0);
  writer.commit();
}

}  // namespace sfv::checkpoint
