// Training from a latent cache: the same as encoding live.
#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include "sfv/checkpoint/init_model.h"
#include "sfv/checkpoint/model_files.h"
#include "sfv/data/latent_cache_writer.h"
#include "sfv/io/hash.h"
#include "sfv/training/cache_key.h"
#include "sfv/training/clip_encoding.h"
#include "sfv/training/latent_batch.h"
#include "sfv/training/open_source.h"
#include "sfv/training/trainer.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::training {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CachedTraining : public ::testing::Test {
 protected:
  void SetUp() override {
    at::set_num_threads(1);
    make_model("model", 3);
  }

  void make_model(const std::string& name, uint64_t seed) {
    checkpoint::init_model(
        {.like = std::string(SFV_SOURCE_DIR) + "/tests/e2e/model", .out = folder_ / name, .seed = seed},
        nullptr);
  }

  [[nodiscard]] checkpoint::Model load(const std::string& name) const {
    return checkpoint::load_model((folder_ / name).string(), {});
  }

  [[nodiscard]] Recipe recipe_of(const std::string& stage, const std::string& data) const {
    return parse_recipe(
        "stage = \"" + stage + "\"\nsteps = 2\nbatch = 2\nmicro_batch = 2\nseed = 7\n[model]\npath = \"" +
            (folder_ / "model").string() + "\"\n[data]\nwidth = 32\nheight = 32\nframes = 3\n" + data +
            "[optimizer]\nlr = 1e-3\n[samples]\nevery = 0\n" +
            (stage == "adversarial" ? "[adversarial.discriminator]\nwidth = 32\n" : ""),
        "test recipe");
  }
  [[nodiscard]] Recipe live(const std::string& stage) const {
    return recipe_of(stage, "source = \"shapes\"\n");
  }
  [[nodiscard]] Recipe cached(const std::string& stage) const {
    return recipe_of(stage, "source = \"cache\"\npath = \"" + (folder_ / "cache").string() + "\"\n");
  }

  void make_cache(const Recipe& recipe, int64_t clips) {
    checkpoint::Model model = load("model");
    const auto source = open_source(recipe.data, false);
    data::LatentCacheOptions options;
    options.folder = folder_ / "cache";
    options.key = make_cache_key(recipe.data, model);
    options.clips = clips;
    (void)data::make_latent_cache(
        *source, [&](const data::TrainingClip& clip) { return encode_clip(model, clip); }, options);
  }

  // Metrics of the last step and the bytes of all that was trained.
  std::pair<std::vector<Metric>, std::string> train_in(const std::string& name, const Recipe& recipe) {
    const fs::path run = folder_ / name;
    fs::create_directories(run);
    checkpoint::Model model = load("model");
    const auto source = open_source(recipe.data, false, &model);
    const auto stage = make_stage(recipe, std::move(model));
    (void)train(recipe, *stage, *source,
                checkpoint::open_model((folder_ / "model").string(), torch::kFloat32).texts, run,
                std::nullopt, {});
    return {read_metrics(run / "metrics.jsonl").back().metrics,
            io::sha256_file(fs::canonical(run / "latest") / "state.safetensors")};
  }

  TestFolder folder_;
};

TEST_F(CachedTraining, GivesTheLossesAndParametersOfLiveTraining) {
  for (const char* stage : {"diffusion", "adversarial"}) {
    make_cache(live(stage), 8);  // the second stage finds it there
    const auto [expected_metrics, expected_state] = train_in(std::string(stage) + "-live", live(stage));
    const auto [metrics, state] = train_in(std::string(stage) + "-cached", cached(stage));
    ASSERT_EQ(metrics.size(), expected_metrics.size());
    for (size_t i = 0; i < metrics.size(); ++i) {
      EXPECT_EQ(metrics[i].name, expected_metrics[i].name);
      if (metrics[i].name == "clips_per_s" || metrics[i].name.starts_with("memory_gib/")) continue;
      EXPECT_EQ(metrics[i].value, expected_metrics[i].value) << metrics[i].name;
    }
    EXPECT_EQ(state, expected_state) << stage;
  }
}

TEST_F(CachedTraining, ACacheOfOtherNetworksIsRefusedWithBothHashes) {
  make_cache(live("diffusion"), 2);
  make_model("other", 4);
  const checkpoint::Model model = load("model"), other = load("other");
  const Recipe recipe = cached("diffusion");
  EXPECT_NO_THROW((void)open_source(recipe.data, false, &model));
  const Error error = error_of([&] { (void)open_source(recipe.data, false, &other); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.what(), HasSubstr("vae_encoder: expected \"" + hash_encoders(other).at("vae_encoder")));
  EXPECT_THAT(error.what(), HasSubstr("found \"" + hash_encoders(model).at("vae_encoder")));
}

TEST_F(CachedTraining, TheHashIsOfWhatEncodes) {
  checkpoint::Model model = load("model");
  const auto before = hash_encoders(model);
  const auto change = [](torch::nn::Module& network, const std::string& name) {
    torch::Tensor value = network.named_parameters()[name];
    value.set_data(value.detach() + 1);  // the loaded one may lie in a read-only file
  };
  const torch::NoGradGuard no_grad;
  change(*model.vae, "decoder.conv_in.weight");
  EXPECT_EQ(hash_encoders(model), before);
  change(*model.vae, "encoder.conv_in.bias");
  EXPECT_NE(hash_encoders(model).at("vae_encoder"), before.at("vae_encoder"));
  EXPECT_EQ(hash_encoders(model).at("image_encoder"), before.at("image_encoder"));
  model.feature_extractor.image_mean[0] += 0.1;
  EXPECT_NE(hash_encoders(model).at("image_encoder"), before.at("image_encoder"));
}

TEST_F(CachedTraining, OtherClipsThanTheRecipeAsksForAreRefused) {
  make_cache(live("diffusion"), 2);
  const checkpoint::Model model = load("model");
  DataOptions data = cached("diffusion").data;
  data.frames = 4;
  const Error error = error_of([&] { (void)open_source(data, false, &model); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.what(), HasSubstr("frames: expected \"4\", found \"3\""));
  EXPECT_THROW(
      (void)parse_recipe("stage = \"autoencoder\"\n[model]\npath = \"m\"\n[data]\nsource = \"cache\"\npath = "
                         "\"c\"\n",
                         "test recipe"),
      Error);
}

TEST_F(CachedTraining, ABatchIsCachedAsAWholeOrNotAtAll) {
  make_cache(live("diffusion"), 2);
  const auto from_cache = open_source(cached("diffusion").data, false);
  const auto drawn = open_source(live("diffusion").data, false);
  data::Sample a, b;
  a.clip = from_cache->load(0, 0);
  b.clip = drawn->load(0, 0);
  b.clip.clip.frames.resize(1);  // the same shape of pixels
  EXPECT_EQ(error_of([&] { (void)make_batch({a, b}); }).code(), ErrorCode::kInvalidArgument);
  const TrainBatch batch = make_batch({a, a});
  EXPECT_EQ(batch.latents.sizes(), (std::vector<int64_t>{2, 3, 4, 8, 8}));
  EXPECT_EQ(batch.pixels.sizes(), (std::vector<int64_t>{2, 1, 3, 32, 32}));
  // A cache that lies about its shape.
  auto lie = std::make_shared<data::EncodedClip>(*a.clip.encoded);
  std::swap(lie->frames, lie->channels);
  a.clip.encoded = lie;
  checkpoint::Model model = load("model");
  EXPECT_EQ(error_of([&] { (void)encode_batch(model, make_batch({a}), {}, 7, 0, at::kFloat); }).code(),
            ErrorCode::kInvalidFile);
}

}  // namespace
}  // namespace sfv::training
