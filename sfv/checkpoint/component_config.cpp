#include "sfv/checkpoint/component_config.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::checkpoint {
namespace {

void check_class(const io::JsonConfig& json, const std::vector<std::string>& allowed) {
  const auto found = json.get_string("_class_name");
  if (!found || std::find(allowed.begin(), allowed.end(), *found) != allowed.end()) return;
  throw Error(ErrorCode::kInvalidFile,
              concat("[config] ", json.name(), ": _class_name expected ", allowed.front(), ", found ", *found,
                     "; is this a Stable Video Diffusion model?"));
}

/// A field of a config that keeps its default where the file says nothing.
void read_field(const io::JsonConfig& json, const char* key, int64_t& field) {
  field = json.get_int(key).value_or(field);
}
void read_field(const io::JsonConfig& json, const char* key, double& field) {
  field = json.get_double(key).value_or(field);
}

// A scalar counts for every level.
std::vector<int64_t> per_level(const io::JsonConfig& json, const char* key, size_t levels,
                               const std::vector<int64_t>& fallback) {
  if (!json.has(key)) return fallback;
  if (json.is_list(key)) return *json.get_ints(key);
  return std::vector<int64_t>(levels, *json.get_int(key));
}

void check_words(const io::JsonConfig& json, const char* key, const std::string& word) {
  for (const std::string& found : json.get_strings(key).value_or(std::vector<std::string>{})) {
    SFV_CHECK(found == word, kInvalidFile, "[config] ", json.name(), ": ", key, " expected ", word,
              ", found ", found);
  }
}

// The config's own check names the key; this adds the file.
template <typename Config>
const Config& checked(const io::JsonConfig& json, const Config& config) {
  try {
    config.check();
  } catch (const Error& error) {
    throw Error(error.code(), concat(error.what(), " (", json.name(), ")"), error.reason());
  }
  return config;
}

std::array<double, 3> read_colour(const io::JsonConfig& json, const char* key,
                                  const std::array<double, 3>& fallback) {
  const auto found = json.get_doubles(key);
  if (!found) return fallback;
  SFV_CHECK(found->size() == 3, kInvalidFile, "[config] ", json.name(), ": ", key,
            " expected 3 numbers, found ", found->size());
  return {found->at(0), found->at(1), found->at(2)};
}

}  // namespace

models::UNetConfig read_unet_config(const io::JsonConfig& json) {
  check_class(json, {"UNetSpatioTemporalConditionModel"});
  models::UNetConfig c;
  read_field(json, "in_channels", c.in_channels);
  read_field(json, "out_channels", c.out_channels);
  c.block_out_channels = json.get_ints("block_out_channels").value_or(c.block_out_channels);
  c.down_block_types = json.get_strings("down_block_types").value_or(c.down_block_types);
  c.up_block_types = json.get_strings("up_block_types").value_or(c.up_block_types);
  read_field(json, "addition_time_embed_dim", c.addition_time_embed_dim);
  read_field(json, "projection_class_embeddings_input_dim", c.projection_class_embeddings_input_dim);
  read_field(json, "num_frames", c.num_frames);
  const size_t levels = c.block_out_channels.size();
  const auto repeat = [&](int64_t value) { return std::vector<int64_t>(levels, value); };
  c.layers_per_block = per_level(json, "layers_per_block", levels, repeat(2));
  c.cross_attention_dim = per_level(json, "cross_attention_dim", levels, repeat(1024));
  c.transformer_layers_per_block = per_level(json, "transformer_layers_per_block", levels, repeat(1));
  c.num_attention_heads = per_level(json, "num_attention_heads", levels, c.num_attention_heads);
  return checked(json, c);
}

models::VaeConfig read_vae_config(const io::JsonConfig& json) {
  check_class(json, {"AutoencoderKLTemporalDecoder", "AutoencoderKL"});
  models::VaeConfig c;
  read_field(json, "in_channels", c.in_channels);
  read_field(json, "out_channels", c.out_channels);
  c.block_out_channels = json.get_ints("block_out_channels").value_or(c.block_out_channels);
  read_field(json, "layers_per_block", c.layers_per_block);
  read_field(json, "latent_channels", c.latent_channels);
  read_field(json, "scaling_factor", c.scaling_factor);
  c.force_upcast = json.get_bool("force_upcast").value_or(c.force_upcast);
  check_words(json, "down_block_types", "DownEncoderBlock2D");
  if (json.get_string("_class_name") == "AutoencoderKL") {
    c.has_temporal_decoder = false;
    check_words(json, "up_block_types", "UpDecoderBlock2D");
    for (const char* key : {"use_quant_conv", "use_post_quant_conv"}) {
      SFV_CHECK(
          json.get_bool(key).value_or(true), kUnsupported, "[config] ", json.name(), ": ", key,
          " expected true, as in Stable Diffusion's VAE, found false; this is the VAE of another model");
    }
  }
  return checked(json, c);
}

models::ClipVisionConfig read_clip_config(const io::JsonConfig& json) {
  const auto type = json.get_string("model_type");
  SFV_CHECK(!type || *type == "clip_vision_model", kInvalidFile, "[config] ", json.name(),
            ": model_type expected clip_vision_model, found ", *type);
  models::ClipVisionConfig c;
  read_field(json, "hidden_size", c.hidden_size);
  read_field(json, "intermediate_size", c.intermediate_size);
  read_field(json, "projection_dim", c.projection_dim);
  read_field(json, "num_hidden_layers", c.num_hidden_layers);
  read_field(json, "num_attention_heads", c.num_attention_heads);
  read_field(json, "num_channels", c.num_channels);
  read_field(json, "image_size", c.image_size);
  read_field(json, "patch_size", c.patch_size);
  c.hidden_act = json.get_string("hidden_act").value_or(c.hidden_act);
  read_field(json, "layer_norm_eps", c.layer_norm_eps);
  return checked(json, c);
}

SchedulerConfig read_scheduler_config(const io::JsonConfig& json) {
  SchedulerConfig c;
  read_field(json, "sigma_min", c.sigma_min);
  read_field(json, "sigma_max", c.sigma_max);
  SFV_CHECK(c.sigma_min > 0 && c.sigma_min < c.sigma_max && c.sigma_max <= 1e6, kInvalidFile, "[config] ",
            json.name(), ": expected 0 < sigma_min < sigma_max <= 1e6, found ", c.sigma_min, " and ",
            c.sigma_max);
  const std::string type = json.get_string("prediction_type").value_or("v_prediction");
  SFV_CHECK(type == "v_prediction", kUnsupported, "[config] ", json.name(),
            ": prediction_type expected v_prediction, found ", type, "; the samplers know no other");
  return c;
}

FeatureExtractorConfig read_feature_extractor_config(const io::JsonConfig& json) {
  FeatureExtractorConfig c;
  c.image_mean = read_colour(json, "image_mean", c.image_mean);
  c.image_std = read_colour(json, "image_std", c.image_std);
  for (const double value : c.image_std) {
    SFV_CHECK(value > 0, kInvalidFile, "[config] ", json.name(),
              ": image_std expected positive numbers, found ", value);
  }
  return c;
}

GenerateOptions read_model_defaults(const io::JsonConfig& json) {
  json.allow_only({"description", "sampler", "steps", "guidance", "width", "height", "frames", "fps",
                   "motion", "noise_aug", "fit"});
  (void)json.get_string("description");  // for people
  GenerateOptions o;
  try {
    if (const auto word = json.get_string("sampler")) o.sampler = parse_sampler(*word);
    if (const auto word = json.get_string("fit")) o.fit = parse_fit(*word);
    o.steps = json.get_int("steps");
    if (const auto range = json.get_doubles("guidance")) {
      SFV_CHECK(range->size() == 2, kInvalidArgument, "[guidance] expected [min, max], found ", range->size(),
                " numbers");
      o.guidance = GuidanceRange{range->at(0), range->at(1)};
    }
    o.width = json.get_int("width");
    o.height = json.get_int("height");
    o.frames = json.get_int("frames");
    o.fps = json.get_int("fps");
    o.motion = json.get_double("motion");
    o.noise_aug = json.get_double("noise_aug");
    // The ranges are those of the options; a model whose defaults do not work is refused when loaded, not
    // when used.
    (void)resolve_settings({}, o, 1);
  } catch (const Error& error) {
    throw Error(error.code(), concat(error.what(), " (", json.name(), ")"), error.reason());
  }
  return o;
}

}  // namespace sfv::checkpoint
