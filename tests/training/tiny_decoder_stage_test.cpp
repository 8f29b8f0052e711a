#include "sfv/training/tiny_decoder_stage.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include <cstring>
#include <fstream>

#include "sfv/checkpoint/init_model.h"
#include "sfv/checkpoint/model_files.h"
#include "sfv/checkpoint/tiny_decoder_file.h"
#include "sfv/core/check.h"
#include "sfv/data/latent_cache_writer.h"
#include "sfv/io/hash.h"
#include "sfv/pipeline/image_to_video.h"
#include "sfv/training/cache_key.h"
#include "sfv/training/clip_encoding.h"
#include "sfv/training/open_source.h"
#include "sfv/training/trainer.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::training {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TinyDecoders : public ::testing::Test {
 protected:
  void SetUp() override {
    at::set_num_threads(1);
    const fs::path source = fs::path(SFV_SOURCE_DIR) / "tests/e2e/model";
    make_model("f4", source);
    // The same with a VAE of SVD's factor 8.
    fs::copy(source, folder_ / "like", fs::copy_options::recursive);
    std::ofstream(folder_ / "like/vae/config.json") << R"({
  "_class_name": "AutoencoderKLTemporalDecoder",
  "block_out_channels": [32, 32, 32, 32],
  "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
  "force_upcast": true, "in_channels": 3, "latent_channels": 4, "layers_per_block": 1, "out_channels": 3,
  "sample_size": 32, "scaling_factor": 0.18215
})";
    make_model("model", folder_ / "like");
  }

  void make_model(const std::string& name, const fs::path& like) {
    checkpoint::init_model({.like = like.string(), .out = folder_ / name, .seed = 3}, nullptr);
  }

  [[nodiscard]] Recipe recipe(const std::string& keys, const std::string& data = "source = \"shapes\"\n",
                              const std::string& model = "model") const {
    return parse_recipe(
        "stage = \"autoencoder\"\nsteps = 4\nbatch = 1\nmicro_batch = 1\n[model]\npath = \"" +
            (folder_ / model).string() + "\"\n[data]\nwidth = 32\nheight = 32\nframes = 2\n" + data +
            "[autoencoder]\ntrain = \"tiny-decoder\"\n" + keys +
            "[optimizer]\nlr = 1e-3\n[checkpoint]\nevery = 2\n[ema]\ndecay = 0.5\n[samples]\nevery = 0\n",
        "test recipe");
  }

  // Digests of the last checkpoint's state and tiny decoder.
  std::string train_in(const std::string& name, const Recipe& recipe, bool resume = false,
                       const TrainHooks& hooks = {}) {
    const fs::path run = folder_ / name;
    fs::create_directories(run);
    checkpoint::Model model = checkpoint::load_model(recipe.model.path, {});
    const auto source = open_source(recipe.data, false, &model);
    const auto stage = make_stage(recipe, std::move(model));
    const auto from = resume ? find_newest_checkpoint(run) : std::nullopt;
    prepare_resume(run, from ? from->step : 0);
    (void)train(recipe, *stage, *source, checkpoint::open_model(recipe.model.path, torch::kFloat32).texts,
                run, from, hooks);
    const fs::path latest = fs::canonical(run / "latest");
    return io::sha256_file(latest / "state.safetensors") +
           io::sha256_file(latest / TinyDecoderStage::kFileName);
  }

  [[nodiscard]] std::vector<double> losses(const std::string& run) const {
    std::vector<double> values;
    for (const MetricsLine& line : read_metrics(folder_ / run / "metrics.jsonl")) {
      for (const Metric& metric : line.metrics) {
        if (metric.name == "loss/l1") values.push_back(metric.value);
      }
    }
    return values;
  }

  [[nodiscard]] fs::path tiny_file(const std::string& run) const {
    return folder_ / run / "latest" / TinyDecoderStage::kFileName;
  }

  TestFolder folder_;
};

TEST_F(TinyDecoders, TheLossFallsAndTheFileWorksInTheEngine) {
  Recipe r = recipe("temporal_difference_weight = 0.5\n");
  r.steps = 40;
  r.optimizer.lr = 1e-3;
  (void)train_in("run", r);
  const std::vector<double> values = losses("run");
  ASSERT_EQ(values.size(), 40U);
  EXPECT_LT(values.back(), 0.5 * values.front());
  checkpoint::LoadOptions load;
  load.tiny_vae = {tiny_file("run")};
  pipeline::ImageToVideo engine(checkpoint::load_model((folder_ / "run/latest/model").string(), load));
  const RgbImage photo{.width = 64, .height = 64, .rgb = std::vector<uint8_t>(64 * 64 * 3, 90)};
  GenerateOptions options;
  options.width = options.height = 64;
  options.frames = 2;
  options.sampler = SamplerKind::kOneStep;
  options.steps = 1;
  options.guidance = GuidanceRange{1, 1};
  options.decoder = DecoderKind::kTiny;
  const Clip clip = engine.generate(photo, options, nullptr, nullptr).clip;
  ASSERT_EQ(clip.frames.size(), 2U);
  EXPECT_EQ(clip.frames[0].width, 64);
}

TEST_F(TinyDecoders, NamesWhatIsNotFinite) {
  Recipe r = recipe("");
  r.optimizer.kind = OptimizerKind::kSgd;
  r.optimizer.lr = 1e18;  // the next frames overflow
  const Error error = error_of([&] { (void)train_in("run", r); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFinite);
  EXPECT_THAT(error.what(), testing::HasSubstr("the decoded clips"));
}

TEST_F(TinyDecoders, TheFileHoldsTheAveragedWeights) {
  (void)train_in("run", recipe(""));
  models::TinyDecoder decoder =
      checkpoint::load_tiny_decoder({tiny_file("run")}, torch::kFloat32, torch::kCPU);
  EXPECT_EQ(decoder->kind(), models::TinyKind::kTaesdv);
  const auto state = io::SafetensorsFile::open(fs::canonical(folder_ / "run/latest") / "state.safetensors");
  for (const auto& item : decoder->named_parameters()) {
    const auto stored = state->data("tiny_decoder.averages." + item.key());
    const torch::Tensor values = item.value().contiguous();
    ASSERT_EQ(stored.size(), values.nbytes());
    EXPECT_EQ(std::memcmp(stored.data(), values.const_data_ptr(), stored.size()), 0) << item.key();
  }
}

TEST_F(TinyDecoders, ARunThatWasCutEndsWithTheSameBytes) {
  for (const char* keys : {"",
                           "tiny_decoder = \"taesd\"\ntiny_target = \"data\"\nadversarial_weight = 0.5\n"
                           "adversarial_start = 1\npatch_channels = 8\npatch_layers = 2\n"}) {
    const std::string name = *keys == 0 ? "plain" : "adversarial";
    const std::string expected = train_in(name, recipe(keys));
    int saves = 0;
    const auto fail_second = [&saves](SavePoint point) {
      if (point == SavePoint::kListed && ++saves == 2) throw Error(ErrorCode::kIo, "killed");
    };
    EXPECT_THROW((void)train_in(name + "-cut", recipe(keys), false, {.at_save = fail_second}), Error);
    EXPECT_EQ(train_in(name + "-cut", recipe(keys), true), expected);
  }
}

TEST_F(TinyDecoders, StartsFromAFile) {
  Recipe r = recipe("");
  r.steps = 30;
  r.optimizer.lr = 1e-3;
  (void)train_in("first", r);
  const std::string start = "tiny_start = \"" + tiny_file("first").string() + "\"\n";
  (void)train_in("second", recipe(start));
  EXPECT_LT(losses("second").front(), 0.8 * losses("first").front());
  const Error error =
      error_of([&] { (void)train_in("third", recipe("tiny_decoder = \"taesd\"\n" + start)); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.what(), HasSubstr("holds TAESDV"));
}

TEST_F(TinyDecoders, CachedLatentsAreEnoughForTheDecodersFrames) {
  const Recipe live = recipe("");
  checkpoint::Model model = checkpoint::load_model(live.model.path, {});
  data::LatentCacheOptions options;
  options.folder = folder_ / "cache";
  options.key = make_cache_key(live.data, model);
  options.clips = 4;
  const auto source = open_source(live.data, false);
  (void)data::make_latent_cache(
      *source, [&](const data::TrainingClip& clip) { return encode_clip(model, clip); }, options);
  const std::string cache = "source = \"cache\"\npath = \"" + (folder_ / "cache").string() + "\"\n";
  EXPECT_EQ(train_in("cached", recipe("", cache)), train_in("live", live));
  EXPECT_THROW((void)recipe("tiny_target = \"data\"\n", cache), Error);
}

TEST_F(TinyDecoders, AVaeOfAnotherFactorIsRefused) {
  const Error error = error_of([&] { (void)train_in("run", recipe("", "source = \"shapes\"\n", "f4")); });
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), HasSubstr("4x4"));
}

}  // namespace
}  // namespace sfv::training
