#include "sfv/evaluation/clip_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "sfv/data/noise_texture.h"
#include "sfv/data/procedural_source.h"
#include "sfv/evaluation/distribution_distance.h"
#include "tests/error_of.h"

namespace sfv::evaluation {
namespace {

// A textured picture that moves right by `speed` pixels a frame; no place of it looks like another.
Clip moving_clip(int64_t frames, int64_t speed) {
  constexpr int64_t kWidth = 64, kHeight = 48;
  const int64_t wide = kWidth + frames * speed;
  const RgbImage scene = data::make_noise_texture(wide, kHeight, 6, {20, 30, 40}, {230, 220, 200}, 7);
  Clip clip;
  for (int64_t t = 0; t < frames; ++t) {
    RgbImage frame{kWidth, kHeight, {}};
    for (int64_t y = 0; y < kHeight; ++y) {
      const auto row = scene.rgb.begin() + (y * wide + (frames - t) * speed) * 3;
      frame.rgb.insert(frame.rgb.end(), row, row + kWidth * 3);
    }
    clip.frames.push_back(std::move(frame));
  }
  return clip;
}

TEST(ClipStatistics, FindsASteadyMotion) {
  const ClipStatistics s = measure_clip(moving_clip(6, 3));
  EXPECT_NEAR(s.speed, 3, 0.3);
  EXPECT_NEAR(s.fast_speed, 3, 0.6);
  EXPECT_LT(s.direction_spread, 0.1);
  EXPECT_EQ(s.static_share, 0);
  EXPECT_FALSE(s.is_static());
  EXPECT_GT(s.first_to_last, 10);
  EXPECT_EQ(s.sharpness.size(), 6U);
}

TEST(ClipStatistics, KnowsAClipThatStandsStill) {
  const ClipStatistics s = measure_clip(moving_clip(5, 0));
  EXPECT_EQ(s.speed, 0);
  EXPECT_EQ(s.static_share, 1);
  EXPECT_TRUE(s.is_static());
  EXPECT_EQ(s.first_to_last, 0);
  EXPECT_EQ(s.direction_spread, 1);
  EXPECT_TRUE(measure_clip(moving_clip(1, 0)).is_static());
}

TEST(ClipStatistics, SeesAShapeThatMovesOverAStillBackground) {
  const data::ProceduralSource source({});
  for (int64_t i = 0; i < 8; ++i) EXPECT_FALSE(measure_clip(source.load(i, 0).clip).is_static()) << i;
}

TEST(ClipStatistics, GradientEnergyByHandAndAgainstABackground) {
  // Columns 0 10 10: one step of 10 a row, 3 pixels a row.
  const RgbImage steps{3, 2, {0, 0, 0, 10, 10, 10, 10, 10, 10, 0, 0, 0, 10, 10, 10, 10, 10, 10}};
  EXPECT_NEAR(gradient_energy(steps), 100.0 / 3, 1e-9);
  EXPECT_NEAR(gradient_energy(steps, steps), 0, 1e-12);
  const RgbImage flat{3, 2, std::vector<uint8_t>(18, 7)};
  EXPECT_NEAR(gradient_energy(steps, flat), 100.0 / 3, 1e-9);
  EXPECT_NEAR(rms_difference(steps, flat), std::sqrt((49.0 + 9 + 9) / 3), 1e-9);
}

TEST(ClipStatistics, RefusesWhatIsNoClip) {
  EXPECT_EQ(error_of([] { (void)measure_clip({}); }).code(), ErrorCode::kInvalidArgument);
  Clip clip = moving_clip(2, 1);
  clip.frames[1] = RgbImage{8, 8, std::vector<uint8_t>(192)};
  EXPECT_EQ(error_of([&] { (void)measure_clip(clip); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([] { (void)kolmogorov_smirnov({}, {1}); }).code(), ErrorCode::kInvalidArgument);
}

TEST(DistributionDistance, IsTheLargestGapOfTheCumulatedShares) {
  EXPECT_EQ(kolmogorov_smirnov({1, 2, 3}, {3, 1, 2}), 0);
  EXPECT_EQ(kolmogorov_smirnov({1, 2}, {5, 6, 7}), 1);
  EXPECT_EQ(kolmogorov_smirnov({1, 2, 3, 4}, {3, 4, 5, 6}), 0.5);
}

}  // namespace
}  // namespace sfv::evaluation
