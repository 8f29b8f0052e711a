#include "sfv/training/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::training {
namespace {

using testing::HasSubstr;
using testing::Not;

Recipe parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_recipe(text, "r.toml", overrides);
}

std::string problem(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const Error error = error_of([&] { static_cast<void>(parse(text, overrides)); });
  EXPECT_EQ(error.code(), overrides.empty() ? ErrorCode::kInvalidFile : ErrorCode::kInvalidArgument)
      << error.what();
  return error.what();
}

/// The smallest recipe of a stage.
std::string smallest(const std::string& stage) {
  return "stage = \"" + stage + "\"\nmodel.path = \"m\"\ndata.path = \"d\"\n";
}

TEST(Recipe, StageAndMethodSetDefaults) {
  const Recipe sf_v = parse(smallest("adversarial"));
  Recipe expected = default_recipe(Stage::kAdversarial);
  expected.model.path = "m";
  expected.data.path = "d";
  EXPECT_EQ(sf_v, expected);
  EXPECT_EQ(sf_v.optimizer.kind, OptimizerKind::kSm3);
  EXPECT_EQ(sf_v.discriminator_optimizer.lr, 1e-4);
  const Recipe ladd = parse(smallest("adversarial") + "adversarial.method = \"ladd\"\n");
  EXPECT_EQ(ladd.adversarial.discriminator.noise, DiscriminatorNoise::kLogitNormal);
  EXPECT_EQ(ladd.adversarial.reconstruction.loss, ReconstructionLoss::kOff);
  const Recipe ufogen = parse(smallest("adversarial"), {"adversarial.method=ufogen"});
  EXPECT_EQ(ufogen.adversarial.discriminator.noise, DiscriminatorNoise::kTied);
  EXPECT_EQ(parse(smallest("consistency")).optimizer.lr, 1e-6);
  EXPECT_EQ(parse(smallest("diffusion")).ema.decay, 0.9999);
}

TEST(Recipe, ExplicitKeysOverrideTheMethod) {
  const Recipe recipe = parse(smallest("adversarial") + R"([adversarial]
method = "ladd"
[adversarial.reconstruction]
loss = "pseudo-huber-element"
lambda = 0.02
)");
  EXPECT_EQ(recipe.adversarial.method, AdversarialMethod::kLadd);
  EXPECT_EQ(recipe.adversarial.reconstruction.loss, ReconstructionLoss::kPseudoHuberElement);
  EXPECT_EQ(recipe.adversarial.reconstruction.lambda, 0.02);
  EXPECT_EQ(recipe.adversarial.discriminator.noise, DiscriminatorNoise::kLogitNormal);
}

TEST(Recipe, ReadsBackWhatItWrites) {
  const std::vector<std::string> texts = {
      smallest("autoencoder"),
      smallest("autoencoder") +
          "autoencoder = {train = \"tiny-decoder\", tiny_start = \"a b\\\"c\", adversarial_weight = 0.1}\n",
      smallest("diffusion") +
          "trainable = \"regex\"\ntrainable_regex = '\\.temporal_'\ndiffusion.ladder_share = 0.2\n",
      smallest("consistency") + "optimizer.kind = \"sgd\"\nsamples.photos = [\"a.png\", \"b.png\"]\n",
      smallest("adversarial"),
      smallest("adversarial") + "adversarial.method = \"ladd\"\n",
      smallest("adversarial") +
          "adversarial.method = \"ufogen\"\nadversarial.reconstruction.loss = \"pseudo-huber-sample\"\n"
          "adversarial.reconstruction.c = 0.3\nadversarial.level_weights = [0.2, 0.2, 0.6]\n",
      "stage = \"diffusion\"\nseed = 9223372036854775807\nmodel.config = \"c\"\nmodel.seed = 3\ndata.source "
      "= \"shapes\"\n"
      "data.seed = 1\noptimizer.decay = \"cosine\"\noptimizer.decay_to = 0.1\n",
  };
  for (const std::string& text : texts) {
    const Recipe recipe = parse(text);
    const std::string written = to_toml(recipe);
    EXPECT_EQ(parse(written), recipe) << written;
    EXPECT_EQ(to_toml(parse(written)), written);
  }
}

TEST(Recipe, RequiresStageModelAndData) {
  EXPECT_THAT(problem(""), HasSubstr("r.toml: stage: expected \"autoencoder\""));
  EXPECT_THAT(problem("stage = \"gan\"\n"), HasSubstr("r.toml:1: stage: expected one of \"autoencoder\""));
  EXPECT_THAT(problem("stage = \"diffusion\"\ndata.path = \"d\"\n"),
              HasSubstr("model.path: expected a model"));
  EXPECT_THAT(problem(smallest("diffusion") + "model.config = \"c\"\n"),
              HasSubstr("r.toml:4: model.config: "));
  EXPECT_THAT(problem("stage = \"diffusion\"\nmodel.path = \"m\"\n"),
              HasSubstr("data.path: expected a folder or file"));
}

TEST(Recipe, UnknownKeysAreErrorsWithTheirLine) {
  EXPECT_THAT(problem(smallest("adversarial") + "[adversarial]\nlamda = 1\n"),
              HasSubstr("r.toml:5: unknown key adversarial.lamda"));
  EXPECT_THAT(problem(smallest("adversarial") + "[optimiser]\nlr = 1\n"),
              HasSubstr("r.toml:5: unknown key optimiser.lr (did you mean optimizer.lr?)"));
  EXPECT_THAT(problem(smallest("adversarial"), {"adversarial.lambda=1"}),
              HasSubstr("(did you mean adversarial.reconstruction.lambda?)"));
}

TEST(Recipe, KeysWithoutEffectAreErrors) {
  EXPECT_THAT(problem(smallest("diffusion") + "[adversarial.r1]\nweight = 1\n"),
              HasSubstr("r.toml:5: adversarial.r1.weight: has no effect here: it counts with stage = "
                        "\"adversarial\" only"));
  EXPECT_THAT(problem(smallest("adversarial") + "optimizer.beta1 = 0\n"),
              HasSubstr("it counts with kind = \"adamw\" or \"muon\" only"));
  EXPECT_NO_THROW((void)parse(smallest("adversarial") + "optimizer.beta1 = 0\noptimizer.kind = \"adamw\"\n"));
  EXPECT_THAT(problem(smallest("adversarial") + "adversarial.discriminator.logit_mean = 0\n"),
              HasSubstr("logit-normal"));
  EXPECT_THAT(problem(smallest("autoencoder") + "trainable = \"all\"\n"),
              HasSubstr("trainable: has no effect"));
  EXPECT_THAT(problem(smallest("autoencoder") + "discriminator_optimizer.lr = 1\n"),
              HasSubstr("adversarial_weight > 0"));
  EXPECT_NO_THROW((void)parse(smallest("autoencoder"),
                              {"discriminator_optimizer.lr=1", "autoencoder.adversarial_weight=1"}));
}

TEST(Recipe, ValuesMustGoTogether) {
  EXPECT_THAT(problem(smallest("diffusion") + "batch = 10\nmicro_batch = 4\n"),
              HasSubstr("r.toml:4: batch: expected a multiple"));
  EXPECT_THAT(problem(smallest("diffusion") + "diffusion.drop_both = 0.95\n"), HasSubstr("sum to at most 1"));
  EXPECT_THAT(problem(smallest("diffusion") + "ladder.sigma_max = 0.001\n"),
              HasSubstr("expected more than sigma_min"));
  EXPECT_THAT(problem(smallest("diffusion") + "trainable = \"regex\"\n"),
              HasSubstr("trainable_regex: expected an expression"));
  EXPECT_THAT(problem(smallest("diffusion") + "trainable = \"regex\"\ntrainable_regex = '('\n"),
              HasSubstr("r.toml:5: trainable_regex: is no ECMAScript expression"));
  EXPECT_THAT(problem(smallest("diffusion") + "trainable = \"regex\"\ntrainable_regex = '" +
                      std::string(501, '(') + "'\n"),
              HasSubstr("at most 500"));
  EXPECT_THAT(problem(smallest("adversarial") + "adversarial.level_weights = [1, 1]\n"),
              HasSubstr("expected 3 numbers"));
  EXPECT_THAT(problem(smallest("adversarial") + "adversarial.level_weights = [0, 0, 0]\n"),
              HasSubstr("sum above 0"));
  EXPECT_THAT(problem(smallest("adversarial") + "adversarial.discriminator.p_std = 0\n"),
              HasSubstr("other than 0"));
  EXPECT_THAT(problem(smallest("adversarial") +
                      "adversarial.same_sigma = false\nadversarial.discriminator.loss = \"relativistic\"\n"),
              HasSubstr("r.toml:4: adversarial.same_sigma"));
  EXPECT_THAT(problem(smallest("autoencoder") + "data.source = \"cache\"\n"), HasSubstr("needs pictures"));
  EXPECT_THAT(problem(smallest("consistency") + "consistency.guidance_max = []\n"),
              HasSubstr("at least one"));
  EXPECT_THAT(problem(smallest("consistency") + "samples.multi_step_sampler = \"one-step\"\n"),
              HasSubstr("euler"));
  EXPECT_THAT(problem(smallest("consistency") + "samples.steps = []\n"), HasSubstr("at least one"));
}

TEST(Recipe, RangesAreChecked) {
  EXPECT_THAT(problem(smallest("diffusion") + "data.width = 100\n"), HasSubstr("8 to 8192, divisible by 8"));
  EXPECT_THAT(problem(smallest("diffusion") + "optimizer.lr = 0\n"),
              HasSubstr("expected a number > 0, found 0"));
  EXPECT_THAT(problem(smallest("diffusion") + "seed = -1\n"), HasSubstr(">= 0"));
  EXPECT_THAT(problem(smallest("adversarial") + "adversarial.discriminator.spatial_kernel = 2\n"),
              HasSubstr("1 to 31, odd"));
}

TEST(Recipe, AccumulationDividesTheBatch) {
  Recipe recipe = default_recipe(Stage::kAdversarial);
  EXPECT_EQ(accumulation_steps(recipe, 8), 4);  // the paper: 8 devices, one clip each, 4 times
  EXPECT_EQ(accumulation_steps(recipe, 1), 32);
  recipe.micro_batch = 2;
  EXPECT_EQ(accumulation_steps(recipe, 8), 2);
  for (const int64_t ranks : {0, 3, 32}) {
    EXPECT_EQ(error_of([&] { (void)accumulation_steps(recipe, ranks); }).code(), ErrorCode::kInvalidArgument)
        << ranks;
  }
}

/// Every recipe of the repository.
std::vector<std::filesystem::path> stored_recipes() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::string(SFV_SOURCE_DIR) + "/recipes")) {
    if (entry.path().extension() == ".toml") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(Recipe, EveryStoredRecipeReads) {
  EXPECT_GE(stored_recipes().size(), 4U);
  for (const std::filesystem::path& path : stored_recipes()) {
    EXPECT_EQ(error_of([&] { (void)load_recipe(path.string()); }).reason(), "nothing thrown") << path;
  }
}

TEST(Recipe, SfVHasThePapersValues) {
  const Recipe r = load_recipe(std::string(SFV_SOURCE_DIR) + "/recipes/svd/sf-v.toml");
  EXPECT_EQ(r.stage, Stage::kAdversarial);
  EXPECT_EQ(r.steps, 50'000);
  EXPECT_EQ(r.batch, 32);
  EXPECT_EQ(accumulation_steps(r, 8), 4);
  for (const OptimizerOptions& o : {r.optimizer, r.discriminator_optimizer}) {
    EXPECT_EQ(o.kind, OptimizerKind::kSm3);
    EXPECT_EQ(o.momentum, 0.5);
    EXPECT_EQ(o.beta, 0.999);
  }
  EXPECT_EQ(r.optimizer.lr, 1e-5);
  EXPECT_EQ(r.discriminator_optimizer.lr, 1e-4);
  EXPECT_EQ(r.ema.decay, 0.95);
  EXPECT_EQ(r.data.width, 768);
  EXPECT_EQ(r.data.height, 448);
  EXPECT_EQ(r.data.frames, 14);
  EXPECT_EQ(r.data.fps, 7);
  EXPECT_EQ(r.ladder, LadderOptions{});
  EXPECT_EQ(r.ladder.sigma_max, 700);
  const AdversarialOptions& a = r.adversarial;
  EXPECT_EQ(a.generator_levels, 4);
  EXPECT_EQ(a.discriminator.levels, 1000);
  EXPECT_EQ(a.discriminator.p_mean, -1);
  EXPECT_EQ(std::abs(a.discriminator.p_std), 1);
  EXPECT_EQ(a.discriminator.loss, AdversarialLoss::kHinge);
  EXPECT_EQ(a.discriminator.heads, HeadKind::kBoth);
  EXPECT_EQ(a.discriminator.backbone, BackboneKind::kFrozen);
  EXPECT_EQ(a.reconstruction.loss, ReconstructionLoss::kPseudoHuberSample);
  EXPECT_EQ(a.reconstruction.lambda, 0.1);
}

TEST(Recipe, BaselinesDifferFromSfVInWhatIsTheirsOnly) {
  const std::string folder = std::string(SFV_SOURCE_DIR) + "/recipes/svd/";
  const Recipe sf_v = load_recipe(folder + "sf-v.toml");
  for (const char* name : {"ladd.toml", "ufogen.toml"}) {
    Recipe baseline = load_recipe(folder + name);
    EXPECT_NE(baseline.adversarial, sf_v.adversarial);
    EXPECT_NE(baseline.adversarial.discriminator.noise, sf_v.adversarial.discriminator.noise);
    EXPECT_NE(baseline.adversarial.reconstruction, sf_v.adversarial.reconstruction);
    baseline.adversarial.method = sf_v.adversarial.method;
    baseline.adversarial.discriminator.noise = sf_v.adversarial.discriminator.noise;
    baseline.adversarial.reconstruction = sf_v.adversarial.reconstruction;
    baseline.adversarial.level_weights = sf_v.adversarial.level_weights;
    EXPECT_EQ(to_toml(baseline), to_toml(sf_v)) << name;
  }
}

TEST(Recipe, EveryValueForSvdNamesItsSource) {
  for (const std::filesystem::path& path : stored_recipes()) {
    if (path.parent_path().filename() != "svd") continue;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const size_t equals = line.find(" = ");
      const std::string key = line.substr(0, line.find(' '));
      if (line.starts_with("#") || equals == std::string::npos || key == "stage" || key == "method" ||
          key == "source")
        continue;
      EXPECT_THAT(line, testing::ContainsRegex("# .*\\[(paper|ours|SVD|code|ladd|ufogen)")) << path;
    }
  }
}

TEST(Recipe, TheReferencePageIsCurrent) {
  const std::string path = std::string(SFV_SOURCE_DIR) + "/docs/recipes.md";
  const std::string begin =
      "<!-- keys: SFV_WRITE_DOCS=1 sfv_base_tests --gtest_filter=Recipe.TheReferencePageIsCurrent -->\n";
  const std::string end = "<!-- end -->";
  std::string page = read_text(path);
  const size_t from = page.find(begin) + begin.size();
  const size_t to = page.find(end, from);
  ASSERT_NE(page.find(begin), std::string::npos);
  ASSERT_NE(to, std::string::npos);
  if (std::getenv("SFV_WRITE_DOCS") != nullptr) {
    page.replace(from, to - from, recipe_reference());
    std::ofstream(path) << page;
    return;
  }
  EXPECT_EQ(page.substr(from, to - from), recipe_reference());
}

}  // namespace
}  // namespace sfv::training
