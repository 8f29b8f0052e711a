#include "apps/sfv/clip_record.h"

#include <nlohmann/json.hpp>

#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

// Typed look-ups in one object of the record, with errors that name the clip and the key.
class Reader {
 public:
  Reader(const Json& object, std::string name, std::string path)
      : object_(object), name_(std::move(name)), path_(std::move(path)) {}

  template <typename T>
  T get(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) fail(key, "it is missing");
    return convert<T>(*found, key);
  }
  template <typename T>
  T get(const char* key, T fallback) const {
    const auto found = object_.find(key);
    return found == object_.end() ? fallback : convert<T>(*found, key);
  }
  Reader object(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end() || !found->is_object()) fail(key, "expected an object");
    return {*found, name_, path_ + key + "."};
  }
  bool has(const char* key) const { return object_.contains(key); }
  template <typename T, typename Parse>
  T get_word(const char* key, Parse parse) const {
    try {
      return parse(get<std::string>(key));
    } catch (const Error& error) {
      fail(key, error.what());
    }
  }
  [[noreturn]] void fail(const std::string& key, const std::string& why) const {
    throw Error(ErrorCode::kInvalidFile,
                concat("[clip record] ", name_, ": ", path_, key, ": ", why, "; was this clip made by sfv?"));
  }

 private:
  template <typename T>
  T convert(const Json& value, const char* key) const {
    const bool fits = std::is_same_v<T, std::string> ? value.is_string()
                      : std::is_same_v<T, uint64_t>  ? value.is_number_unsigned()
                      : std::is_integral_v<T>        ? is_signed_integer(value)
                      : std::is_floating_point_v<T>  ? value.is_number()
                                                     : value.is_array();
    if (!fits) fail(key, concat("unexpected value ", value.dump().substr(0, 80)));
    try {
      return value.get<T>();
    } catch (const nlohmann::json::exception& error) {
      fail(key, error.what());
    }
  }
  static bool is_signed_integer(const Json& value) {
    return value.is_number_integer() && (!value.is_number_unsigned() || value.get<uint64_t>() <= INT64_MAX);
  }

  const Json& object_;
  std::string name_;
  std::string path_;
};

// The keys of sfv.json, and decoder, decode_chunk and seed.
Json settings_to_json(const GenerateSettings& s) {
  Json json;
  json["sampler"] = to_string(s.sampler);
  json["steps"] = s.steps;
  json["guidance"] = {s.guidance.min, s.guidance.max};
  if (!s.sigmas.empty()) json["sigmas"] = s.sigmas;
  json["width"] = s.width;
  json["height"] = s.height;
  json["frames"] = s.frames;
  json["fps"] = s.fps;
  json["motion"] = s.motion;
  json["noise_aug"] = s.noise_aug;
  json["fit"] = to_string(s.fit);
  json["decoder"] = to_string(s.decoder);
  json["decode_chunk"] = s.decode_chunk;
  json["seed"] = s.seed;
  return json;
}

GenerateSettings read_settings(const Reader& reader) {
  GenerateSettings s;
  s.sampler = reader.get_word<SamplerKind>("sampler", parse_sampler);
  s.steps = reader.get<int64_t>("steps");
  const auto guidance = reader.get<std::vector<double>>("guidance");
  if (guidance.size() != 2) reader.fail("guidance", "expected two numbers");
  s.guidance = {.min = guidance[0], .max = guidance[1]};
  s.sigmas = reader.get<std::vector<double>>("sigmas", {});
  s.width = reader.get<int64_t>("width");
  s.height = reader.get<int64_t>("height");
  s.frames = reader.get<int64_t>("frames");
  s.fps = reader.get<int64_t>("fps");
  s.motion = reader.get<double>("motion");
  s.noise_aug = reader.get<double>("noise_aug");
  s.fit = reader.get_word<Fit>("fit", parse_fit);
  s.decoder = reader.get_word<DecoderKind>("decoder", parse_decoder);
  s.decode_chunk = reader.get<int64_t>("decode_chunk");
  s.seed = reader.get<uint64_t>("seed");
  return s;
}

}  // namespace

std::string to_json(const ClipRecord& record) {
  Json json;
  json["sfv"] = record.version;
  json["image"] = {{"path", record.image_path}, {"sha256", record.image_sha256}};
  json["model"] = {{"name", record.model}, {"hash", record.model_hash}};
  if (!record.unet.empty()) json["model"]["unet"] = record.unet;
  if (!record.tiny_vae.empty()) json["model"]["tiny_vae"] = record.tiny_vae;
  json["compute"] = {{"device", record.device},
                     {"dtype", record.dtype},
                     {"threads", record.threads},
                     {"libtorch", record.libtorch}};
  json["settings"] = settings_to_json(record.settings);
  json["chain"] = record.chain;
  if (!record.noise_path.empty())
    json["noise"] = {{"path", record.noise_path}, {"sha256", record.noise_sha256}};
  json["crf"] = record.crf;
  json["measured"] = {{"motion", record.motion}};
  // Paths may hold any bytes; JSON may not.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

ClipRecord parse_record(const std::string& text, const std::string& name) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kInvalidFile, concat("[clip record] ", name, ": expected JSON: ", error.what()));
  }
  SFV_CHECK(json.is_object(), kInvalidFile, "[clip record] ", name, ": expected a JSON object");
  const Reader root(json, name, "");
  ClipRecord record;
  record.version = root.get<std::string>("sfv");
  const Reader image = root.object("image");
  record.image_path = image.get<std::string>("path");
  record.image_sha256 = image.get<std::string>("sha256");
  const Reader model = root.object("model");
  record.model = model.get<std::string>("name");
  record.model_hash = model.get<std::string>("hash");
  record.unet = model.get<std::string>("unet", "");
  record.tiny_vae = model.get<std::vector<std::string>>("tiny_vae", {});
  const Reader compute = root.object("compute");
  record.device = compute.get<std::string>("device");
  record.dtype = compute.get<std::string>("dtype");
  record.threads = static_cast<int>(compute.get<int64_t>("threads"));
  record.libtorch = compute.get<std::string>("libtorch", "");
  record.settings = read_settings(root.object("settings"));
  record.chain = root.get<int64_t>("chain", 1);
  if (root.has("noise")) {
    record.noise_path = root.object("noise").get<std::string>("path");
    record.noise_sha256 = root.object("noise").get<std::string>("sha256");
  }
  record.crf = static_cast<int>(root.get<int64_t>("crf", 18));
  if (root.has("measured")) record.motion = root.object("measured").get<double>("motion", 0);
  return record;
}

GenerateOptions as_options(const GenerateSettings& settings) {
  GenerateOptions options;
  options.sampler = settings.sampler;
  // A list of sigmas brings its own number of steps; resolve_settings refuses both.
  if (settings.sigmas.empty()) options.steps = settings.steps;
  options.guidance = settings.guidance;
  options.sigmas = settings.sigmas;
  options.width = settings.width;
  options.height = settings.height;
  options.frames = settings.frames;
  options.fps = settings.fps;
  options.motion = settings.motion;
  options.noise_aug = settings.noise_aug;
  options.fit = settings.fit;
  options.decoder = settings.decoder;
  options.decode_chunk = settings.decode_chunk;
  options.seed = settings.seed;
  return options;
}

}  // namespace sfv::cli
