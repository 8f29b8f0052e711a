// Training on several ranks against training on one: parameters after 20 steps, order of samples, bytes of a
// spread optimiser's checkpoint.
#include <ATen/ops/cat.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <sstream>

#include "sfv/checkpoint/init_model.h"
#include "sfv/checkpoint/model_files.h"
#include "sfv/core/check.h"
#include "sfv/io/hash.h"
#include "sfv/training/open_source.h"
#include "sfv/training/rank_agreement.h"
#include "sfv/training/trained_network.h"
#include "sfv/training/trainer.h"
#include "tests/distributed/over_ranks/ranks.h"
#include "tests/temporary_folder.h"

namespace sfv::training {
namespace {

namespace fs = std::filesystem;
using distributed::testing::ranks;

constexpr int64_t kSteps = 20;

/// A stage that is a few lines: a small network on twelve numbers of each clip, in either precision, with a
/// parameter that nobody uses and one that some clips use.
class SmallStage : public TrainingStage {
 public:
  SmallStage(const Recipe& recipe, checkpoint::Model model, at::ScalarType dtype)
      : recipe_(recipe), model_(std::move(model)), dtype_(dtype) {
    const auto add = [&](const std::string& name, at::IntArrayRef shape, double scale) {
      const int64_t n = c10::multiply_integers(shape);
      const torch::Tensor values =
          (at::linspace(0.3, 17, n, at::kDouble).sin() * scale).view(shape).to(dtype);
      parameters_.push_back({name, values.requires_grad_(true)});
    };
    add("in.weight", {8, 12}, 0.4);
    add("in.bias", {8}, 0.1);
    add("out.weight", {3, 8}, 0.4);
    add("rare.weight", {3, 8}, 0.2);
    add("unused.weight", {40}, 1);
    optimizer_ = make_optimizer(recipe_.optimizer, parameters_);
  }

  std::vector<Phase> phases() override {
    return {{.name = "small",
             .optimizer = optimizer_.get(),
             .options = &recipe_.optimizer,
             .accumulate = [this](const TrainBatch& batch, double share, int64_t,
                                  MetricMeans& metrics) { accumulate(batch, share, metrics); },
             .after_step = {}}};
  }
  NamedTensors state() override {
    NamedTensors state = parameters_;
    append(state, "optimizer", optimizer_->state());
    return state;
  }
  std::vector<const torch::nn::Module*> networks() const override { return {}; }
  checkpoint::Model averaged_model() override { return model_; }
  std::string model_defaults() const override { return R"({"sampler": "euler"})"; }

  /// All parameters in one row.
  torch::Tensor values() const {
    std::vector<torch::Tensor> rows;
    for (const NamedTensor& item : parameters_)
      rows.push_back(item.tensor.detach().flatten().to(at::kDouble));
    return at::cat(rows);
  }
  const Optimizer& optimizer() const { return *optimizer_; }
  const std::vector<int64_t>& positions() const { return positions_; }

 private:
  torch::Tensor parameter(size_t i) const { return parameters_[i].tensor; }

  void accumulate(const TrainBatch& batch, double share, MetricMeans& metrics) {
    positions_.insert(positions_.end(), batch.positions.begin(), batch.positions.end());
    const torch::Tensor pixels = batch.pixels.flatten(1).to(dtype_);
    const torch::Tensor x = pixels.slice(1, 5, std::nullopt, pixels.size(1) / 12).slice(1, 0, 12);  // [B, 12]
    const torch::Tensor h = at::tanh(x.matmul(parameter(0).t()) + parameter(1));
    torch::Tensor y = h.matmul(parameter(2).t());
    if (batch.positions.front() % 3 == 0) y = y + h.matmul(parameter(3).t());
    const torch::Tensor wanted = x.slice(1, 0, 3) * x.slice(1, 3, 6) + 0.5;
    const torch::Tensor loss = (y - wanted).square().mean();
    (loss * share).backward();
    metrics.add("loss/small", loss.item<double>());
  }

  Recipe recipe_;
  checkpoint::Model model_;
  at::ScalarType dtype_;
  NamedTensors parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  std::vector<int64_t> positions_;
};

class OverRanksTraining : public ::testing::Test {
 protected:
  // One folder for all: rank 0's.
  OverRanksTraining() {
    if (ranks().rank() == 0) {
      own_.emplace();
      checkpoint::init_model(
          {.like = std::string(SFV_SOURCE_DIR) + "/tests/e2e/model", .out = *own_ / "model", .seed = 3},
          nullptr);
    }
    folder_ = ranks().gather(own_ ? own_->path().string() : "").front();
  }
  ~OverRanksTraining() override { ranks().barrier(); }

  [[nodiscard]] Recipe recipe(const std::string& optimizer, const std::string& more = "") const {
    return parse_recipe(
        concat("stage = \"diffusion\"\nsteps = ", kSteps, "\nbatch = 8\nmicro_batch = 1\n", more,
               "\n[model]\npath = \"", (folder_ / "model").string(),
               "\"\n[data]\nsource = \"shapes\"\nwidth = 32\nheight = 32\nframes = 2\n",
               "[checkpoint]\nevery = 1000\n[samples]\nevery = 0\n[log]\nevent_file = false\n",
               "[optimizer]\n", optimizer),
        "test recipe");
  }

  [[nodiscard]] checkpoint::Model model() const {
    return checkpoint::load_model((folder_ / "model").string(), {});
  }

  // Trains into folder_/name: on all ranks, or on this one alone.
  void run(const Recipe& recipe, TrainingStage& stage, const std::string& name, distributed::Ranks* over) {
    const fs::path folder = folder_ / name;
    if (over == nullptr || over->rank() == 0) fs::create_directories(folder);
    const auto texts = checkpoint::open_model((folder_ / "model").string(), torch::kFloat32).texts;
    const TrainResult result =
        train(recipe, stage, *open_source(recipe.data, false), texts, folder, std::nullopt, {.ranks = over});
    EXPECT_EQ(result.iterations, recipe.steps);
  }

  // Values before, after on one rank (rank 0 only), and after on all.
  struct Outcome {
    torch::Tensor before, one, all;
  };
  Outcome compare(const Recipe& recipe, at::ScalarType dtype) {
    Outcome outcome;
    SmallStage together(recipe, model(), dtype);
    outcome.before = together.values();
    if (ranks().rank() == 0) {
      SmallStage alone(recipe, model(), dtype);
      run(recipe, alone, "one", nullptr);
      outcome.one = alone.values();
      positions_ = alone.positions();
      metrics_ = read_metrics(folder_ / "one" / "metrics.jsonl");
    }
    run(recipe, together, "all", &ranks());
    outcome.all = together.values();
    own_positions_ = together.positions();
    return outcome;
  }

  std::optional<TestFolder> own_;
  fs::path folder_;
  std::vector<int64_t> positions_, own_positions_;  // on one rank; on all, this rank's
  std::vector<MetricsLine> metrics_;                // of one rank
};

TEST_F(OverRanksTraining, InDoubleEachOptimizerEndsWithTheSameParameters) {
  for (const char* optimizer : {"kind = \"sgd\"\nlr = 0.05\nmomentum = 0.9\n", "kind = \"sm3\"\nlr = 0.003\n",
                                "kind = \"adamw\"\nlr = 0.01\nweight_decay = 0.01\n"}) {
    const Outcome outcome = compare(recipe(optimizer), at::kDouble);
    check_same_values(ranks(), {{"parameters", outcome.all}}, "after 20 steps");
    if (ranks().rank() != 0) continue;
    const double change = (outcome.one - outcome.before).abs().max().item<double>();
    const double error = (outcome.all - outcome.one).abs().max().item<double>();
    EXPECT_GT(change, 1e-3) << optimizer;
    EXPECT_LE(error, 1e-10) << optimizer;
    std::printf("%.12s: largest change %.3g, largest difference %.3g\n", optimizer, change, error);
  }
}

TEST_F(OverRanksTraining, InFloatSgdEndsWithinAThousandthOfTheChange) {
  const Outcome outcome = compare(recipe("kind = \"sgd\"\nlr = 0.05\nclip_norm = 0.5\n"), at::kFloat);
  if (ranks().rank() != 0) return;
  const double change = (outcome.one - outcome.before).norm().item<double>();
  const double error = (outcome.all - outcome.one).norm().item<double>();
  EXPECT_LE(error, 1e-3 * change);
  std::printf("difference %.3g of a change of %.3g\n", error, change);
}

TEST_F(OverRanksTraining, TheOrderOfSamplesIsThatOfOneRank) {
  (void)compare(recipe("kind = \"sgd\"\nlr = 0.01\n", ""), at::kFloat);
  std::string own;
  for (const int64_t position : own_positions_) own += std::to_string(position) + " ";
  const std::vector<std::string> all = ranks().gather(own);
  if (ranks().rank() != 0) return;
  // Micro-batch number i of rank r is number i k + r of one rank.
  std::vector<std::istringstream> streams;
  for (const std::string& text : all) streams.emplace_back(text);
  std::vector<int64_t> joined(static_cast<size_t>(kSteps) * 8);
  for (size_t i = 0; i < joined.size(); ++i) streams[i % all.size()] >> joined[i];
  EXPECT_EQ(joined, positions_);
  // And so are the figures, up to rounding.
  const auto lines = read_metrics(folder_ / "all" / "metrics.jsonl");
  ASSERT_EQ(lines.size(), metrics_.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    for (size_t m = 0; m < lines[i].metrics.size(); ++m) {
      const Metric& metric = lines[i].metrics[m];
      if (metric.name == "clips_per_s" || metric.name.starts_with("memory")) continue;
      EXPECT_EQ(metric.name, metrics_[i].metrics[m].name);
      EXPECT_NEAR(metric.value, metrics_[i].metrics[m].value, 1e-5) << metric.name;
    }
  }
}

TEST_F(OverRanksTraining, ASpreadOptimizerWritesTheSameBytes) {
  for (const char* optimizer : {"kind = \"sgd\"\nlr = 0.05\nmomentum = 0.9\n", "kind = \"sm3\"\nlr = 0.003\n",
                                "kind = \"adamw\"\nlr = 0.01\n"}) {
    SmallStage whole(recipe(optimizer), model(), at::kFloat);
    run(recipe(optimizer), whole, "whole", &ranks());
    const Recipe spread_recipe = recipe(optimizer, "shard_optimizer = true\n");
    SmallStage spread(spread_recipe, model(), at::kFloat);
    run(spread_recipe, spread, "spread", &ranks());
    // Each number of the state lies on one rank.
    const auto count = [](const Optimizer& o) {
      int64_t n = 0;
      for (const NamedTensor& item : o.state()) n += item.tensor.numel();
      return n;
    };
    torch::Tensor held = at::zeros({1}, at::kLong);
    held += count(spread.optimizer());
    EXPECT_LT(held.item<int64_t>(), count(whole.optimizer()));
    ranks().sum(held);
    EXPECT_EQ(held.item<int64_t>(), count(whole.optimizer()));
    if (ranks().rank() != 0) continue;
    const auto hash = [&](const char* name) {
      return io::sha256_file(folder_ / name / "checkpoint-20" / "state.safetensors");
    };
    EXPECT_EQ(hash("spread"), hash("whole")) << optimizer;
  }
}

TEST_F(OverRanksTraining, AStageOfRealNetworksAgrees) {
  Recipe diffusion = recipe("kind = \"sgd\"\nlr = 0.01\n");
  diffusion.steps = 5;
  const auto after = [&](const std::string& name, distributed::Ranks* over) {
    const auto stage = make_stage(diffusion, model());
    run(diffusion, *stage, name, over);
    std::vector<torch::Tensor> rows;
    for (const NamedTensor& item : stage->state())
      if (item.name.find(".weights.") != std::string::npos) rows.push_back(item.tensor.detach().flatten());
    return at::cat(rows);
  };
  const torch::Tensor before = [&] {
    const auto stage = make_stage(diffusion, model());
    std::vector<torch::Tensor> rows;
    for (const NamedTensor& item : stage->state())
      if (item.name.find(".weights.") != std::string::npos) rows.push_back(item.tensor.detach().flatten());
    return at::cat(rows);
  }();
  const torch::Tensor all = after("all", &ranks());
  if (ranks().rank() != 0) return;
  const torch::Tensor one = after("one", nullptr);
  const double change = (one - before).norm().item<double>(), error = (all - one).norm().item<double>();
  EXPECT_GT(change, 0);
  EXPECT_LE(error, 1e-3 * change);
  std::printf("difference %.3g of a change of %.3g\n", error, change);
}

TEST_F(OverRanksTraining, SpectralVectorsAreEqual) {
  Recipe adversarial = parse_recipe(
      concat("stage = \"adversarial\"\nsteps = 2\nbatch = 8\nmicro_batch = 1\n[model]\npath = \"",
             (folder_ / "model").string(),
             "\"\n[data]\nsource = \"shapes\"\nwidth = 32\nheight = 32\nframes = 2\n[checkpoint]\nevery = "
             "1000\n[samples]\nevery = 0\n[adversarial.reconstruction]\nschedule = \"balanced\"\n"
             "[adversarial.discriminator]\nwidth = 32\n"),
      "test recipe");
  const auto stage = make_stage(adversarial, model());
  run(adversarial, *stage, "run", &ranks());
  NamedTensors compared;
  int64_t vectors = 0;
  for (const NamedTensor& item : stage->state()) {
    vectors += item.name.starts_with("discriminator.buffers.") ? 1 : 0;
    compared.push_back(item);
  }
  EXPECT_GT(vectors, 0);
  check_same_values(ranks(), compared, "after two steps");
}

}  // namespace
}  // namespace sfv::training
