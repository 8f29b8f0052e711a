// Every stage in bf16: near fp32, exact in what must be exact.
#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <map>

#include "sfv/checkpoint/init_model.h"
#include "sfv/checkpoint/model_files.h"
#include "sfv/core/check.h"
#include "sfv/io/hash.h"
#include "sfv/training/open_source.h"
#include "sfv/training/trainer.h"
#include "tests/temporary_folder.h"

namespace sfv::training {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSteps = 6;

class MixedTraining : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    at::set_num_threads(1);
    checkpoint::init_model(
        {.like = std::string(SFV_SOURCE_DIR) + "/tests/e2e/model", .out = folder_ / "model", .seed = 3},
        nullptr);
    recipe_ = parse_recipe(
        concat("steps = ", kSteps, "\nbatch = 2\nmicro_batch = 1\nprecision = \"bf16\"\n", GetParam(),
               "\n[model]\npath = \"", (folder_ / "model").string(),
               "\"\n[data]\nsource = \"shapes\"\nwidth = 32\nheight = 32\nframes = 3\n",
               "[optimizer]\nlr = 1e-3\n[checkpoint]\nevery = 3\nkeep = 9\n[samples]\nevery = 0\n"),
        "test recipe");
  }

  // The bytes of the last checkpoint's state.
  std::string train_in(const std::string& name, const CancelToken* cancel = nullptr,
                       ProgressSink* sink = nullptr) {
    const fs::path run = folder_ / name;
    const bool is_new = !fs::exists(run);
    fs::create_directories(run);
    const std::string model = (folder_ / "model").string();
    const auto stage = make_stage(recipe_, checkpoint::load_model(model, {}));
    const auto source = open_source(recipe_.data, false);
    const auto from = is_new ? std::nullopt : find_newest_checkpoint(run);
    prepare_resume(run, from ? from->step : 0);
    (void)train(recipe_, *stage, *source, checkpoint::open_model(model, torch::kFloat32).texts, run, from,
                {.sink = sink, .cancel = cancel});
    for (const NamedTensor& item : stage->state()) {
      const at::ScalarType dtype = item.tensor.scalar_type();
      EXPECT_TRUE(dtype == at::kFloat || dtype == at::kDouble || dtype == at::kLong)
          << item.name << ": " << dtype;
    }
    return io::sha256_file(fs::canonical(run / "latest") / "state.safetensors");
  }

  // Of each figure of a loss, its values in the order of steps.
  [[nodiscard]] std::map<std::string, std::vector<double>> losses_of(const std::string& name) const {
    std::map<std::string, std::vector<double>> losses;
    for (const MetricsLine& line : read_metrics(folder_ / name / "metrics.jsonl")) {
      for (const Metric& metric : line.metrics)
        if (metric.name.starts_with("loss/")) losses[metric.name].push_back(metric.value);
    }
    return losses;
  }

  TestFolder folder_;
  Recipe recipe_;
};

TEST_P(MixedTraining, LosesLittleAgainstFp32) {
  (void)train_in("bf16");
  recipe_.precision = TrainPrecision::kFp32;
  (void)train_in("fp32");
  const auto found = losses_of("bf16"), wanted = losses_of("fp32");
  ASSERT_EQ(found.size(), wanted.size());
  ASSERT_FALSE(wanted.empty());
  for (const auto& [name, values] : wanted) {
    ASSERT_EQ(values.size(), static_cast<size_t>(kSteps));
    double size = 0, difference = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      size += std::abs(values[i]);
      difference += std::abs(found.at(name)[i] - values[i]);
    }
    EXPECT_GT(difference, 0) << name;  // it was computed in another precision
    // Means of logits and differences of them may be near 0: those are compared with logits.
    const bool is_of_logits = name == "loss/generator_adversarial" || name == "loss/r1";
    const double slack = is_of_logits ? 0.06 * static_cast<double>(values.size()) : 0;
    EXPECT_LE(difference, 0.08 * size + slack) << name << ": " << difference / size;
    std::string key = "distance_of_" + name;
    std::replace(key.begin(), key.end(), '/', '_');
    RecordProperty(key, std::to_string(difference / size));
  }
}

TEST_P(MixedTraining, HasTheSameBytesAgainAndAcrossAStop) {
  const std::string expected = train_in("whole");
  EXPECT_EQ(train_in("again"), expected);
  struct StopAt : ProgressSink {
    CancelToken token;
    void update(const ProgressUpdate& update) override {
      if (update.fraction > 0.6) token.cancel(15);
    }
  } stop;
  EXPECT_NE(train_in("cut", &stop.token, &stop), expected);
  EXPECT_EQ(train_in("cut"), expected);
}

// The loss before the first step is the same number; a gradient is summed up in another order.
TEST_P(MixedTraining, CheckpointedBlocksComputeTheSame) {
  if (recipe_.stage == Stage::kAutoencoder) GTEST_SKIP() << "its networks have no checkpointed blocks";
  recipe_.steps = 1;
  (void)train_in("plain");
  recipe_.activation_checkpointing = true;
  (void)train_in("checkpointed");
  const bool is_adversarial = recipe_.stage == Stage::kAdversarial;
  const std::string network = is_adversarial ? "generator" : "unet";
  const auto figure = [&](const std::string& run, const std::string& name) {
    const std::vector<MetricsLine> lines = read_metrics(folder_ / run / "metrics.jsonl");
    for (const Metric& metric : lines.at(0).metrics)
      if (metric.name == name) return metric.value;
    ADD_FAILURE() << run << " has no " << name;
    return 0.0;
  };
  const std::string loss = is_adversarial                         ? "loss/discriminator"
                           : recipe_.stage == Stage::kConsistency ? "loss/consistency"
                                                                  : "loss/diffusion";
  EXPECT_EQ(figure("checkpointed", loss), figure("plain", loss));
  const double expected = figure("plain", "gradient_norm/" + network);
  EXPECT_NEAR(figure("checkpointed", "gradient_norm/" + network), expected, 2e-3 * expected);
}

constexpr const char* kRecipes[] = {"stage = \"diffusion\"\n[diffusion]\nladder_share = 0.2\n",
                                    "stage = \"consistency\"\n[consistency]\nlevels = 10\n",
                                    "stage = \"adversarial\"\n[adversarial.r1]\nkind = \"r1\"\nweight = 0.1\n"
                                    "[adversarial.discriminator]\nwidth = 32\n",
                                    "stage = \"adversarial\"\n[adversarial.r1]\nkind = \"approximate\"\n"
                                    "[adversarial.discriminator]\nbackbone = \"trained\"\n"
                                    "norm = \"batch-local\"\n",
                                    "stage = \"autoencoder\"\n[autoencoder]\nadversarial_weight = 0.5\n"
                                    "patch_channels = 32\npatch_layers = 2\n"};

INSTANTIATE_TEST_SUITE_P(Stages, MixedTraining, ::testing::ValuesIn(kRecipes), [](const auto& test) {
  return std::string(std::array{"Diffusion", "Consistency", "Adversarial", "AdversarialTrainedBackbone",
                                "AutoencoderAgainstPatches"}
                         .at(test.index));
});

}  // namespace
}  // namespace sfv::training
