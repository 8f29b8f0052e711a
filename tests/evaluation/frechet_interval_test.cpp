#include "sfv/evaluation/frechet_interval.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "sfv/checkpoint/weights.h"
#include "sfv/evaluation/frechet_floor.h"
#include "sfv/tensor/random.h"
#include "tests/error_of.h"

namespace sfv::evaluation {
namespace {

const std::string kFolder = std::string(SFV_SOURCE_DIR) + "/tests/golden/evaluation/";

torch::Tensor draw(at::IntArrayRef shape, uint64_t seed) {
  at::Generator generator = make_generator(seed);
  return draw_normal(shape, generator).to(at::kDouble);
}

struct Golden {
  checkpoint::Weights sets =
      checkpoint::read_weights({io::SafetensorsFile::open(kFolder + "frechet.safetensors")});
  nlohmann::json json = nlohmann::json::parse(std::ifstream(kFolder + "interval.json"));
  torch::Tensor a = checkpoint::as_tensor(sets.at("a")), b = checkpoint::as_tensor(sets.at("b"));
};

TEST(FrechetInterval, EqualsItsDefinition) {
  const Golden golden;
  const auto& expected = golden.json["interval"];
  const FrechetInterval found =
      bootstrap_frechet(golden.a, golden.b, Covariance::kBiased,
                        {.resamples = expected["resamples"], .seed = expected["seed"]}, nullptr);
  EXPECT_NEAR(found.low, expected["low"].get<double>(), 1e-5);
  EXPECT_NEAR(found.high, expected["high"].get<double>(), 1e-5);
  EXPECT_NEAR(found.deviation, expected["deviation"].get<double>(), 1e-5);
  EXPECT_NEAR(found.shift, expected["shift"].get<double>(), 1e-5);
}

// Of two Gaussians in one dimension the distance is known: (1 - 0)^2 + (1 - 1)^2.
TEST(FrechetInterval, HoldsTheTruthAboutAsOftenAsItSays) {
  int hits = 0;
  constexpr int kDraws = 40;
  for (uint64_t k = 0; k < kDraws; ++k) {
    const torch::Tensor a = draw({300, 1}, 2 * k), b = draw({300, 1}, 2 * k + 1) + 1;
    const FrechetInterval found = bootstrap_frechet(a, b, Covariance::kBiased, {.resamples = 100}, nullptr);
    hits += found.low <= 1 && 1 <= found.high ? 1 : 0;
  }
  EXPECT_GE(hits, 33);  // 38 of 40 expected, deviation 1.4
}

TEST(FrechetInterval, ShrinksWithMoreClips) {
  const auto width = [](int64_t N) {
    const FrechetInterval found = bootstrap_frechet(draw({N, 4}, 1), draw({N, 4}, 2) + 1, Covariance::kBiased,
                                                    {.resamples = 100}, nullptr);
    return found.high - found.low;
  };
  EXPECT_LT(width(1600), 0.7 * width(400));  // about half
}

TEST(FrechetInterval, RefusesTooFewResamplesAndStops) {
  const torch::Tensor a = draw({9, 2}, 1);
  const auto run = [&](const BootstrapOptions& options, const CancelToken* cancel) {
    return error_of([&] { (void)bootstrap_frechet(a, a, Covariance::kBiased, options, cancel); }).code();
  };
  EXPECT_EQ(run({.resamples = 19}, nullptr), ErrorCode::kInvalidArgument);
  EXPECT_EQ(run({.level = 1}, nullptr), ErrorCode::kInvalidArgument);
  CancelToken cancel;
  cancel.cancel();
  EXPECT_EQ(run({}, &cancel), ErrorCode::kCancelled);
}

TEST(FrechetFloor, EqualsItsDefinition) {
  const Golden golden;
  for (const auto& [key, fake] : {std::pair<const char*, torch::Tensor>{"floor", golden.a},
                                  {"floor_of_few", golden.a.narrow(0, 0, 20)}}) {
    const auto& expected = golden.json[key];
    const auto floor = frechet_floor(golden.b, fake, Covariance::kBiased, expected["seed"]);
    ASSERT_TRUE(floor) << key;
    EXPECT_EQ(floor->clips, expected["clips"]) << key;
    EXPECT_NEAR(floor->real_to_real, expected["real_to_real"].get<double>(), 1e-5) << key;
    EXPECT_NEAR(floor->fake_to_real, expected["fake_to_real"].get<double>(), 1e-5) << key;
  }
}

TEST(FrechetFloor, NeedsFourRealClips) {
  EXPECT_FALSE(frechet_floor(draw({3, 2}, 1), draw({9, 2}, 2), Covariance::kBiased, 0));
  EXPECT_EQ(frechet_floor(draw({5, 2}, 1), draw({9, 2}, 2), Covariance::kBiased, 0)->clips, 2);
}

}  // namespace
}  // namespace sfv::evaluation
