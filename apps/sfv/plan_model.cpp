#include "apps/sfv/plan_model.h"

#include <optional>

#include "sfv/checkpoint/model_place.h"
#include "sfv/checkpoint/single_file.h"
#include "sfv/checkpoint/weights.h"
#include "sfv/core/error.h"
#include "sfv/io/safetensors.h"

namespace sfv::cli {
namespace {

// A model that was published, whose configs we have.
std::optional<checkpoint::ConfigTexts> published(const std::string& name) {
  if (name == "svd" || name == "stabilityai/stable-video-diffusion-img2vid")
    return checkpoint::published_configs(14);
  if (name == "svd-xt" || name == "stabilityai/stable-video-diffusion-img2vid-xt")
    return checkpoint::published_configs(25);
  return std::nullopt;
}

torch::Dtype stored_dtype(const checkpoint::ModelComponent& component) {
  return component.weights.empty() ? torch::kHalf
                                   : checkpoint::as_tensor(component.weights.begin()->second).scalar_type();
}

int64_t stored_bytes(const checkpoint::ModelFiles& files) {
  size_t bytes = 0;
  for (const checkpoint::ModelComponent* component : files.components())
    for (const auto& [name, weight] : component->weights) bytes += weight.bytes.size();
  return static_cast<int64_t>(bytes);
}

// What there is of the model at least.
PlannedModel configs_alone(const std::string& name) {
  PlannedModel model;
  try {
    const checkpoint::ModelPlace place = checkpoint::find_model(name);
    model.configs = checkpoint::read_configs(
        place.is_folder ? checkpoint::load_configs(place.path)
                        : checkpoint::single_file_configs(*io::SafetensorsFile::open(place.path)));
  } catch (const Error& error) {
    const auto texts = published(name);
    if (error.code() != ErrorCode::kNotFound || !texts) throw;
    model.configs = checkpoint::read_configs(*texts);
  }
  return model;
}

}  // namespace

PlannedModel planned_model(const checkpoint::ModelFiles& files) {
  return {.configs = files.configs,
          .unet_stored = stored_dtype(files.unet),
          .vae_stored = stored_dtype(files.vae),
          .image_encoder_stored = stored_dtype(files.image_encoder),
          .bytes = stored_bytes(files)};
}

PlannedModel read_planned_model(const std::string& name, torch::Dtype wanted, const std::string& unet) {
  try {
    return planned_model(checkpoint::open_model(name, wanted, unet));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound || !unet.empty()) throw;
    return configs_alone(name);
  }
}

}  // namespace sfv::cli
