#include "apps/sfv/clip_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sfv/core/error.h"

namespace sfv::cli {
namespace {

ClipRecord sample() {
  ClipRecord record;
  record.version = "0.1.0";
  record.image_path = "/photos/a \"b\".png";
  record.image_sha256 = std::string(64, 'a');
  record.model = "/models/svd";
  record.model_hash = "0123";
  record.unet = "/models/unet.safetensors";
  record.tiny_vae = {"/a", "/b"};
  record.device = "cpu";
  record.dtype = "bf16";
  record.threads = 3;
  record.libtorch = "2.11.0";
  record.settings.sampler = SamplerKind::kEuler;
  record.settings.sigmas = {700, 0.1, 0};
  record.settings.steps = 2;
  record.settings.guidance = {.min = 1, .max = 2.7182818284590452};
  record.settings.noise_aug = 0.1;  // no short binary fraction
  record.settings.fit = Fit::kPad;
  record.settings.seed = 18446744073709551615U;
  record.chain = 3;
  record.noise_path = "/noise.safetensors";
  record.noise_sha256 = std::string(64, 'b');
  record.crf = 23;
  record.motion = 1.25;
  return record;
}

TEST(ClipRecord, ComesBackFromJsonExactly) {
  const ClipRecord before = sample();
  const std::string json = to_json(before);
  const ClipRecord after = parse_record(json, "clip.mp4");
  EXPECT_EQ(to_json(after), json);
  EXPECT_EQ(after.settings.seed, before.settings.seed);
  EXPECT_EQ(after.settings.guidance.max, before.settings.guidance.max);
  EXPECT_EQ(after.settings.sigmas, before.settings.sigmas);
  EXPECT_EQ(after.settings.fit, Fit::kPad);
  EXPECT_EQ(after.tiny_vae, before.tiny_vae);
  EXPECT_EQ(after.noise_sha256, before.noise_sha256);
  EXPECT_EQ(after.chain, 3);
  EXPECT_EQ(after.threads, 3);
}

TEST(ClipRecord, OptionsAskForTheSameSettingsWhateverTheModelsDefaults) {
  GenerateOptions model;
  model.sampler = SamplerKind::kLcm;
  model.width = 320;
  model.frames = 5;
  model.motion = 1;
  for (const bool has_sigmas : {true, false}) {
    ClipRecord record = sample();
    if (!has_sigmas) record.settings.sigmas.clear();
    const GenerateSettings settings = resolve_settings(as_options(record.settings), model, 25);
    ClipRecord again = record;
    again.settings = settings;
    EXPECT_EQ(to_json(again), to_json(record));
  }
}

TEST(ClipRecord, IgnoresKeysOfLaterVersions) {
  std::string json = to_json(sample());
  json.insert(1, "\"future\": [1, {}],");
  EXPECT_EQ(to_json(parse_record(json, "clip")), to_json(sample()));
}

TEST(ClipRecord, NamesClipAndKeyOfWhatIsWrong) {
  const std::string json = to_json(sample());
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = json;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  const std::vector<std::pair<std::string, std::string>> broken = {
      {"{", "JSON"},
      {"[]", "object"},
      {replaced("\"sfv\"", "\"xfv\""), "sfv"},
      {replaced("\"seed\": 18446744073709551615", "\"seed\": -1"), "settings.seed"},
      {replaced("\"width\": 1024", "\"width\": 10.5"), "settings.width"},
      {replaced("\"width\": 1024", "\"width\": 18446744073709551615"), "settings.width"},
      {replaced("\"euler\"", "\"magic\""), "settings.sampler"},
      {replaced("\"sha256\"", "\"sha\""), "image.sha256"},
      {replaced("\"guidance\": [\n      1.0,", "\"guidance\": ["), "settings.guidance"},
      {replaced("\"chain\": 3", "\"chain\": \"3\""), "chain"},
  };
  for (const auto& [text, named] : broken) {
    try {
      static_cast<void>(parse_record(text, "clip.mp4"));
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
      EXPECT_THAT(error.what(), ::testing::HasSubstr("clip.mp4"));
      EXPECT_THAT(error.what(), ::testing::HasSubstr(named));
    }
  }
}

}  // namespace
}  // namespace sfv::cli
