#include "sfv/checkpoint/component_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/core/error.h"

namespace sfv::checkpoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

io::JsonConfig json(const std::string& text) {
  return io::JsonConfig::parse(text, "a/config.json");
}

std::string unet_error(const std::string& text) {
  try {
    (void)read_unet_config(json(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    return error.what();
  }
  return "no error";
}

TEST(UNetConfigFile, MissingKeysTakeTheClassDefaults) {
  const models::UNetConfig c = read_unet_config(json("{}"));
  EXPECT_EQ(c.in_channels, 8);
  EXPECT_EQ(c.out_channels, 4);
  EXPECT_THAT(c.block_out_channels, ElementsAre(320, 640, 1280, 1280));
  EXPECT_THAT(c.num_attention_heads, ElementsAre(5, 10, 20, 20));
  EXPECT_THAT(c.layers_per_block, ElementsAre(2, 2, 2, 2));
  EXPECT_THAT(c.cross_attention_dim, ElementsAre(1024, 1024, 1024, 1024));
  EXPECT_THAT(c.transformer_layers_per_block, ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(c.addition_time_embed_dim, 256);
  EXPECT_EQ(c.projection_class_embeddings_input_dim, 768);
  EXPECT_EQ(c.num_frames, 25);
}

TEST(UNetConfigFile, ANumberStandsForEveryLevelAndAListForItself) {
  const models::UNetConfig c = read_unet_config(json(R"({
    "block_out_channels": [32, 64], "num_attention_heads": 8, "layers_per_block": [1, 3], "cross_attention_dim": 16,
    "transformer_layers_per_block": [2, 1], "unknown": {"a": [1]}, "sample_size": null,
    "down_block_types": ["CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"],
    "up_block_types": ["UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"]})"));
  EXPECT_THAT(c.num_attention_heads, ElementsAre(8, 8));
  EXPECT_THAT(c.layers_per_block, ElementsAre(1, 3));
  EXPECT_THAT(c.cross_attention_dim, ElementsAre(16, 16));
  EXPECT_THAT(c.transformer_layers_per_block, ElementsAre(2, 1));
}

TEST(UNetConfigFile, AbsurdValuesAreRefusedByKeyAndFile) {
  for (const auto& [text, key] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"block_out_channels": [1000000000, 640, 1280, 1280]})", "block_out_channels"},
           {R"({"block_out_channels": []})", "block_out_channels"},
           {R"({"block_out_channels": [320, 640]})", "num_attention_heads"},
           {R"({"num_attention_heads": [7, 10, 20, 20]})", "num_attention_heads"},
           {R"({"num_attention_heads": 0})", "num_attention_heads"},
           {R"({"layers_per_block": [2, 2]})", "layers_per_block"},
           {R"({"layers_per_block": 1000000000})", "layers_per_block"},
           {R"({"layers_per_block": -1})", "layers_per_block"},
           {R"({"layers_per_block": "2"})", "layers_per_block"},
           {R"({"in_channels": 8.5})", "in_channels"},
           {R"({"in_channels": 99999999999999999999})", "in_channels"},
           {R"({"cross_attention_dim": [1, 2, 3, 4, 5]})", "cross_attention_dim"},
           {R"({"projection_class_embeddings_input_dim": 700})", "projection_class_embeddings_input_dim"},
           {R"({"down_block_types": ["Plain", "Plain", "Plain", "Plain"]})", "down_block_types"},
           {R"({"_class_name": "UNet2DConditionModel"})", "_class_name"}}) {
    EXPECT_THAT(unet_error(text), AllOf(HasSubstr(key), HasSubstr("a/config.json"))) << text;
  }
}

TEST(VaeConfigFile, DefaultsAreTheClassesOwn) {
  const models::VaeConfig c = read_vae_config(json("{}"));
  EXPECT_THAT(c.block_out_channels, ElementsAre(64));
  EXPECT_EQ(c.layers_per_block, 1);
  EXPECT_EQ(c.latent_channels, 4);
  EXPECT_DOUBLE_EQ(c.scaling_factor, 0.18215);
  EXPECT_TRUE(c.force_upcast);
  EXPECT_TRUE(c.has_temporal_decoder);
}

TEST(VaeConfigFile, AutoencoderKlIsTheDecoderFrameByFrame) {
  EXPECT_FALSE(read_vae_config(json(R"({"_class_name": "AutoencoderKL"})")).has_temporal_decoder);
  for (const char* text : {R"({"_class_name": "AutoencoderKL", "use_post_quant_conv": false})",
                           R"({"_class_name": "AutoencoderTiny"})", R"({"down_block_types": ["Other"]})",
                           R"({"block_out_channels": [1000000000]})", R"({"scaling_factor": 0})"}) {
    EXPECT_THROW((void)read_vae_config(json(text)), Error) << text;
  }
}

TEST(ClipConfigFile, DefaultsAreTheClassesOwn) {
  const models::ClipVisionConfig c = read_clip_config(json("{}"));
  EXPECT_EQ(c.hidden_size, 768);
  EXPECT_EQ(c.patch_size, 32);
  EXPECT_EQ(c.hidden_act, "quick_gelu");
  for (const char* text : {R"({"model_type": "clip_text_model"})", R"({"hidden_act": "relu6"})",
                           R"({"hidden_size": 1000000000})", R"({"num_attention_heads": 5})",
                           R"({"image_size": 100000000})", R"({"layer_norm_eps": -1})"}) {
    EXPECT_THROW((void)read_clip_config(json(text)), Error) << text;
  }
}

TEST(SchedulerConfigFile, ReadsTheNoiseRangeAndRefusesOtherPredictions) {
  const SchedulerConfig c =
      read_scheduler_config(json(R"({"sigma_min": 0.01, "sigma_max": 80, "beta_end": 1})"));
  EXPECT_DOUBLE_EQ(c.sigma_min, 0.01);
  EXPECT_DOUBLE_EQ(c.sigma_max, 80);
  for (const char* text : {R"({"prediction_type": "epsilon"})", R"({"sigma_min": 0})",
                           R"({"sigma_min": 701})", R"({"sigma_max": 1e300})"}) {
    EXPECT_THROW((void)read_scheduler_config(json(text)), Error) << text;
  }
}

TEST(FeatureExtractorConfigFile, ReadsThreeColours) {
  const FeatureExtractorConfig c = read_feature_extractor_config(json(R"({"image_mean": [0.1, 0.2, 0.3]})"));
  EXPECT_THAT(c.image_mean, ElementsAre(0.1, 0.2, 0.3));
  EXPECT_THAT(c.image_std, ElementsAre(0.26862954, 0.26130258, 0.27577711));
  for (const char* text :
       {R"({"image_mean": [0.1]})", R"({"image_std": [0, 1, 1]})", R"({"image_std": "x"})"}) {
    EXPECT_THROW((void)read_feature_extractor_config(json(text)), Error) << text;
  }
}

TEST(ModelDefaults, ReadsEveryKeyAndLeavesTheOthersOpen) {
  const GenerateOptions all = read_model_defaults(json(R"({"sampler": "lcm", "steps": 4, "guidance": [1, 1.5],
    "width": 512, "height": 320, "frames": 16, "fps": 8, "motion": 80.5, "noise_aug": 0, "fit": "pad"})"));
  EXPECT_EQ(all.sampler, SamplerKind::kLcm);
  EXPECT_EQ(all.steps, 4);
  ASSERT_TRUE(all.guidance);
  EXPECT_DOUBLE_EQ(all.guidance->min, 1);
  EXPECT_DOUBLE_EQ(all.guidance->max, 1.5);
  EXPECT_EQ(all.width, 512);
  EXPECT_EQ(all.height, 320);
  EXPECT_EQ(all.frames, 16);
  EXPECT_EQ(all.fps, 8);
  EXPECT_EQ(all.motion, 80.5);
  EXPECT_EQ(all.noise_aug, 0);
  EXPECT_EQ(all.fit, Fit::kPad);
  const GenerateOptions none = read_model_defaults(json("{}"));
  EXPECT_FALSE(none.sampler || none.steps || none.guidance || none.width || none.fit);
}

TEST(ModelDefaults, UnknownKeysAndValuesOutOfRangeAreErrorsNamingTheFile) {
  for (const auto& [text, part] :
       std::initializer_list<std::pair<const char*, const char*>>{{R"({"stepz": 4})", "stepz"},
                                                                  {R"({"steps": 0})", "steps"},
                                                                  {R"({"guidance": [1, 2, 3]})", "guid"},
                                                                  {R"({"guidance": 2})", "guidance"},
                                                                  {R"({"width": 100})", "width"},
                                                                  {R"({"sampler": "ddim"})", "sampler"},
                                                                  {R"({"fit": 3})", "fit"},
                                                                  {R"({"frames": 1000000000})", "frames"}}) {
    try {
      (void)read_model_defaults(json(text));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr(part), HasSubstr("a/config.json"))) << text;
    }
  }
}

TEST(PublishedConfigs, AreTheModelsClassDefaultsAndDifferInFramesOnly) {
  const ModelConfigs xt = read_configs(published_configs(25));
  EXPECT_EQ(xt.unet.num_frames, 25);
  EXPECT_THAT(xt.unet.block_out_channels, ElementsAre(320, 640, 1280, 1280));
  EXPECT_THAT(xt.vae.block_out_channels, ElementsAre(128, 256, 512, 512));
  EXPECT_EQ(xt.image_encoder.hidden_act, "gelu");
  EXPECT_DOUBLE_EQ(xt.scheduler.sigma_max, 700);
  EXPECT_EQ(read_configs(published_configs(14)).unet.num_frames, 14);
  EXPECT_FALSE(read_configs(published_configs(14, false)).vae.has_temporal_decoder);
}

}  // namespace
}  // namespace sfv::checkpoint
