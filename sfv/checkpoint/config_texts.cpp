#include "sfv/checkpoint/config_texts.h"

#include <system_error>

#include "sfv/checkpoint/component_config.h"
#include "sfv/core/check.h"

namespace sfv::checkpoint {
namespace {

constexpr const char* kRequired[] = {"model_index.json",
                                     "unet/config.json",
                                     "vae/config.json",
                                     "image_encoder/config.json",
                                     "scheduler/scheduler_config.json",
                                     "feature_extractor/preprocessor_config.json"};
constexpr const char* kDefaults = "sfv.json";

}  // namespace

ConfigTexts load_configs(const std::filesystem::path& folder) {
  ConfigTexts texts;
  std::error_code error;
  for (const char* relative : kRequired) {
    const std::filesystem::path path = folder / relative;
    const auto type = std::filesystem::symlink_status(path, error).type();
    SFV_CHECK(type != std::filesystem::file_type::not_found, kNotFound, "[load_model] ", path.string(),
              " is not there; expected a folder in diffusers' layout (model_index.json, unet/, vae/, "
              "image_encoder/, "
              "scheduler/, feature_extractor/). Was the download interrupted?");
    texts.emplace(relative, io::JsonConfig::load(path));
  }
  const std::filesystem::path defaults = folder / kDefaults;
  if (std::filesystem::symlink_status(defaults, error).type() != std::filesystem::file_type::not_found) {
    texts.emplace(kDefaults, io::JsonConfig::load(defaults));
  }
  return texts;
}

ModelConfigs read_configs(const ConfigTexts& texts) {
  const io::JsonConfig& index = texts.at("model_index.json");
  const std::string pipeline = index.get_string("_class_name").value_or("StableVideoDiffusionPipeline");
  SFV_CHECK(pipeline == "StableVideoDiffusionPipeline", kUnsupported, "[load_model] ", index.name(),
            ": _class_name expected StableVideoDiffusionPipeline, found ", pipeline,
            "; this is another kind of model");
  ModelConfigs c;
  c.unet = read_unet_config(texts.at("unet/config.json"));
  c.vae = read_vae_config(texts.at("vae/config.json"));
  c.image_encoder = read_clip_config(texts.at("image_encoder/config.json"));
  c.scheduler = read_scheduler_config(texts.at("scheduler/scheduler_config.json"));
  c.feature_extractor = read_feature_extractor_config(texts.at("feature_extractor/preprocessor_config.json"));
  if (const auto found = texts.find(kDefaults); found != texts.end())
    c.defaults = read_model_defaults(found->second);
  return c;
}

}  // namespace sfv::checkpoint
