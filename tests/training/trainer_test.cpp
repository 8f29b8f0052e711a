#include "sfv/training/trainer.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include <array>
#include <cmath>

#include "sfv/checkpoint/init_model.h"
#include "sfv/checkpoint/model_files.h"
#include "sfv/core/check.h"
#include "sfv/io/hash.h"
#include "sfv/tensor/random.h"
#include "sfv/training/gradient_balance.h"
#include "sfv/training/open_source.h"
#include "sfv/training/sample_random.h"
#include "sfv/training/train_state.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::training {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kRecipes[] = {R"(
stage = "diffusion"
[diffusion]
ladder_share = 0.2
drop_both = 0.3
)",
                                    R"(
stage = "consistency"
[consistency]
levels = 10
)",
                                    R"(
stage = "adversarial"
[adversarial]
[adversarial.r1]
kind = "r1"
[adversarial.reconstruction]
schedule = "balanced"
[adversarial.discriminator]
width = 32
)",
                                    R"(
stage = "adversarial"
[adversarial]
[adversarial.discriminator]
width = 32
[adversarial.drift]
weight = 1
noises = 2
)",
                                    R"(
stage = "autoencoder"
[autoencoder]
temporal_difference_weight = 0.5
)",
                                    R"(
stage = "autoencoder"
[autoencoder]
adversarial_weight = 0.5
adversarial_start = 1
patch_channels = 8
patch_layers = 2
)"};

/// A stage that calls `after` when a micro-batch is done.
class Watched : public TrainingStage {
 public:
  Watched(std::unique_ptr<TrainingStage> stage, std::function<void()> after)
      : stage_(std::move(stage)), after_(std::move(after)) {}

  std::vector<Phase> phases() override {
    std::vector<Phase> phases = stage_->phases();
    for (Phase& phase : phases) {
      phase.accumulate = [accumulate = phase.accumulate, this](const TrainBatch& batch, double share,
                                                               int64_t iteration, MetricMeans& metrics) {
        accumulate(batch, share, iteration, metrics);
        if (after_) after_();
      };
    }
    return phases;
  }
  NamedTensors state() override { return stage_->state(); }
  NamedTensors running_figures() override { return stage_->running_figures(); }
  std::vector<const torch::nn::Module*> networks() const override { return stage_->networks(); }
  checkpoint::Model averaged_model() override { return stage_->averaged_model(); }
  void save_beside(const fs::path& checkpoint) override { stage_->save_beside(checkpoint); }
  std::string model_defaults() const override { return stage_->model_defaults(); }
  void update_configs(checkpoint::ConfigTexts& texts) const override { stage_->update_configs(texts); }

 private:
  std::unique_ptr<TrainingStage> stage_;
  std::function<void()> after_;
};

class Trainer : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    at::set_num_threads(1);
    checkpoint::init_model(
        {.like = std::string(SFV_SOURCE_DIR) + "/tests/e2e/model", .out = folder_ / "model", .seed = 3},
        nullptr);
    // Keys outside of tables must come first.
    std::string text = GetParam();
    const auto table = text.find("\n[");
    text.insert(table + 1, "steps = 4\nbatch = 2\nmicro_batch = 1\n");
    text += concat(
        "\n[model]\npath = \"", (folder_ / "model").string(),
        "\"\n[data]\nsource = \"shapes\"\nwidth = 32\nheight = 32\n",
        "frames = 3\n[optimizer]\nlr = 1e-3\n[checkpoint]\nevery = 2\nkeep = 9\n[samples]\nevery = 0\n");
    recipe_ = parse_recipe(text, "test recipe");
    if (recipe_.adversarial.drift.weight > 0) {  // compares clips of at least five frames
      recipe_.micro_batch = 2;
      recipe_.data.frames = 5;
    }
  }

  // The bytes of the last checkpoint's state.
  std::string train_in(const std::string& name, bool resume, const TrainHooks& hooks,
                       TrainResult* result = nullptr, const std::function<void()>& after_micro_batch = {}) {
    const fs::path run = folder_ / name;
    fs::create_directories(run);
    const std::string model = (folder_ / "model").string();
    Watched stage(make_stage(recipe_, checkpoint::load_model(model, {})), after_micro_batch);
    const auto source = open_source(recipe_.data, false);
    const auto from = resume ? find_newest_checkpoint(run) : std::nullopt;
    prepare_resume(run, from ? from->step : 0);
    const TrainResult done = train(recipe_, stage, *source,
                                   checkpoint::open_model(model, torch::kFloat32).texts, run, from, hooks);
    if (result != nullptr) *result = done;
    return io::sha256_file(fs::canonical(run / "latest") / "state.safetensors");
  }

  TestFolder folder_;
  Recipe recipe_;
};

TEST_P(Trainer, ARunThatWasCutAnywhereEndsWithTheSameBytes) {
  TrainResult whole;
  const std::string expected = train_in("whole", false, {}, &whole);
  EXPECT_EQ(whole.iterations, 4);
  EXPECT_EQ(train_in("again", false, {}), expected);
  // Stopped by a signal in the middle: it saves and goes on from there.
  struct StopAt : ProgressSink {
    CancelToken token;
    void update(const ProgressUpdate& update) override {
      if (update.fraction > 0.7) token.cancel(15);
    }
  } stop;
  TrainResult stopped;
  EXPECT_NE(train_in("cut", false, {.sink = &stop, .cancel = &stop.token}, &stopped), expected);
  EXPECT_EQ(stopped.stop_reason, 15);
  EXPECT_EQ(train_in("cut", true, {}), expected);
  // Killed inside a save, before the checkpoint has its name: it goes on from the one before.
  int saves = 0;
  const auto fail_second = [&saves](SavePoint point) {
    if (point == SavePoint::kListed && ++saves == 2) throw Error(ErrorCode::kIo, "killed");
  };
  EXPECT_THROW((void)train_in("killed", false, {.at_save = fail_second}), Error);
  EXPECT_EQ(train_in("killed", true, {}), expected);
}

TEST_P(Trainer, AStopInsideAStepTakesNothingOfItAlong) {
  recipe_.optimizer.lr = 1e-4;
  const std::string expected = train_in("whole", false, {});
  // Two micro-batches a step: an odd number of them ends in the middle of one.
  for (const int wanted : {1, 3}) {
    const std::string name = "cut" + std::to_string(wanted);
    CancelToken token;
    int done = 0;
    (void)train_in(name, false, {.cancel = &token}, nullptr, [&] {
      if (++done == wanted) token.cancel(15);
    });
    EXPECT_EQ(done, wanted);
    EXPECT_EQ(train_in(name, true, {}), expected) << wanted;
  }
}

TEST_P(Trainer, EachCheckpointHoldsAModelThatLoads) {
  (void)train_in("run", false, {});
  const checkpoint::Model model = checkpoint::load_model((folder_ / "run/latest/model").string(), {});
  EXPECT_EQ(model.defaults.frames, recipe_.data.frames);
  EXPECT_EQ(model.defaults.width, 32);
  EXPECT_TRUE(fs::exists(folder_ / "run/checkpoint-2/model/unet/config.json"));
  const auto lines = read_metrics(folder_ / "run/metrics.jsonl");
  ASSERT_EQ(lines.size(), 4U);
  for (const Metric& metric : lines.back().metrics) EXPECT_TRUE(std::isfinite(metric.value)) << metric.name;
}

TEST_P(Trainer, OnlyTheAutoencoderMeasuresItsScaling) {
  recipe_.optimizer.lr = 1e-9;  // the saved encoder is the one that was measured, on other clips
  (void)train_in("run", false, {});
  const checkpoint::Model before = checkpoint::load_model((folder_ / "model").string(), {});
  const checkpoint::Model after = checkpoint::load_model((folder_ / "run/latest/model").string(), {});
  const double factor = after.vae->config().scaling_factor;
  if (recipe_.stage != Stage::kAutoencoder) {
    EXPECT_EQ(factor, before.vae->config().scaling_factor);
    return;
  }
  const auto source = open_source(recipe_.data, false);
  std::vector<data::Sample> samples(8);
  for (int64_t i = 0; i < 8; ++i) samples[static_cast<size_t>(i)].clip = source->load(i, 0);
  const torch::NoGradGuard no_grad;
  auto vae = after.vae;
  const torch::Tensor latents = vae->encode_mode(make_batch(std::move(samples)).pixels.flatten(0, 1));
  EXPECT_NEAR(latents.std().item<double>() * factor, 1, 0.15);
}

TEST_P(Trainer, AStateOfAnotherRecipeIsRefused) {
  (void)train_in("run", false, {});
  recipe_.optimizer.kind =
      recipe_.optimizer.kind == OptimizerKind::kAdamW ? OptimizerKind::kSm3 : OptimizerKind::kAdamW;
  const Error error = error_of([&] { (void)train_in("run", true, {}); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
  EXPECT_THAT(error.what(), HasSubstr("another recipe"));
}

INSTANTIATE_TEST_SUITE_P(Stages, Trainer, ::testing::ValuesIn(kRecipes), [](const auto& test) {
  return std::string(std::array{"Diffusion", "Consistency", "Adversarial", "AdversarialWithDrift",
                                "Autoencoder", "AutoencoderAgainstPatches"}
                         .at(test.index));
});

TEST(SampleRandom, DependsOnSeedPositionAndUseOnly) {
  const auto draw = [](uint64_t seed, int64_t position, RandomUse use) {
    at::Generator generator = sample_generator(seed, position, use);
    return draw_normal({4}, generator);
  };
  const torch::Tensor one = draw(1, 5, RandomUse::kNoise);
  EXPECT_TRUE(torch::equal(one, draw(1, 5, RandomUse::kNoise)));
  EXPECT_FALSE(torch::equal(one, draw(2, 5, RandomUse::kNoise)));
  EXPECT_FALSE(torch::equal(one, draw(1, 6, RandomUse::kNoise)));
  EXPECT_FALSE(torch::equal(one, draw(1, 5, RandomUse::kSigma)));
}

TEST(GradientBalance, KeepsTheRatioAsked) {
  ReconstructionOptions options;
  options.schedule = LambdaKind::kBalanced;
  options.ratio = 0.5;
  options.balance_decay = 0;
  GradientBalance balance(options);
  EXPECT_NEAR(balance.lambda(0, 2, 8) * 8 / 2, 0.5, 1e-12);
  EXPECT_NEAR(balance.lambda(1, 3, 1) * 1 / 3, 0.5, 1e-12);
  options.schedule = LambdaKind::kAnnealed;
  options.lambda = 0.1;
  options.lambda_end = 0.02;
  options.anneal_steps = 4;
  GradientBalance annealed(options);
  EXPECT_NEAR(annealed.lambda(2, 1, 1), 0.06, 1e-12);
  EXPECT_NEAR(annealed.lambda(9, 1, 1), 0.02, 1e-12);
}

}  // namespace
}  // namespace sfv::training
