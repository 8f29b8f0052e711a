#include "sfv/checkpoint/single_file.h"

#include <set>
#include <utility>

#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/networks.h"
#include "sfv/checkpoint/original_names.h"
#include "sfv/core/check.h"

namespace sfv::checkpoint {
namespace {

// The wanted shape of these bytes, if they have it; else the stored one, which the strict check then reports.
Weight view_as(Weight weight, const OriginalName& stored) {
  std::vector<int64_t>& shape = weight.shape;
  switch (stored.form) {
    case StoredForm::kSame:
      break;
    case StoredForm::kConvolution:
      if (shape.size() == 4 && shape[2] == 1 && shape[3] == 1) shape.resize(2);
      break;
    case StoredForm::kTransposed:
      if (shape.size() == 2) {
        std::swap(shape[0], shape[1]);
        weight.is_transposed = true;
      }
      break;
    case StoredForm::kJoinedRows:
      if (!shape.empty() && shape[0] % 3 == 0) {
        shape[0] /= 3;
        const size_t bytes = weight.bytes.size() / 3;
        weight.bytes = weight.bytes.subspan(static_cast<size_t>(stored.part) * bytes, bytes);
      }
      break;
  }
  return weight;
}

class OriginalFile {
 public:
  explicit OriginalFile(const std::shared_ptr<const io::SafetensorsFile>& file)
      : stored_(read_weights({file})) {}

  template <typename ToOriginal>
  Weights take(const torch::nn::Module& network, ToOriginal to_original) {
    Weights weights;
    for (const ParameterShape& parameter : parameter_shapes(network)) {
      const OriginalName original = to_original(parameter.name);
      const auto found = stored_.find(original.name);
      if (found == stored_.end()) continue;
      used_.insert(original.name);
      weights.emplace(parameter.name, view_as(found->second, original));
    }
    return weights;
  }

  // What is left and not known to be of no use.
  Weights rest(const std::set<std::string>& unused) const {
    Weights weights;
    for (const auto& [name, weight] : stored_) {
      if (!used_.contains(name) && !unused.contains(name)) weights.emplace(name, weight);
    }
    return weights;
  }

 private:
  Weights stored_;
  std::set<std::string> used_;
};

}  // namespace

ConfigTexts single_file_configs(const io::SafetensorsFile& file) {
  const std::string stem = file.path().stem().string();
  const bool is_first_model = stem == "svd" || stem == "svd_image_decoder";
  ConfigTexts texts =
      published_configs(is_first_model ? 14 : 25, file.tensors().contains(kTemporalDecoderMark));
  for (const auto& [key, text] : file.metadata()) {
    if (!key.ends_with(".json")) continue;
    texts.insert_or_assign(key, io::JsonConfig::parse(text, concat(file.path().string(), ": ", key)));
  }
  return texts;
}

SingleFileWeights view_single_file(const std::shared_ptr<const io::SafetensorsFile>& file,
                                   const ModelConfigs& configs) {
  const auto first = file->tensors().lower_bound(std::string_view("model.diffusion_model."));
  SFV_CHECK(first != file->tensors().end() && first->first.starts_with("model.diffusion_model."),
            kInvalidFile, "[load_model] ", file->path().string(),
            ": expected a whole model with the names of the original code (model.diffusion_model.…); "
            "for a UNet alone give its model with -m and this file with --unet");
  const Networks networks = make_networks(configs);
  OriginalFile original(file);
  SingleFileWeights weights;
  weights.unet = original.take(*networks.unet,
                               [&](const std::string& n) { return original_unet_name(n, configs.unet); });
  weights.vae =
      original.take(*networks.vae, [&](const std::string& n) { return original_vae_name(n, configs.vae); });
  weights.image_encoder = original.take(*networks.image_encoder, original_clip_name);
  for (const auto& [name, weight] : original.rest(unused_original_names(configs.vae))) {
    Weights& owner = name.starts_with("first_stage_model.") || name.starts_with("conditioner.embedders.3.")
                         ? weights.vae
                     : name.starts_with("conditioner.") ? weights.image_encoder
                                                        : weights.unet;
    owner.emplace(name, weight);
  }
  return weights;
}

}  // namespace sfv::checkpoint
