#include "sfv/pipeline/frame_copies.h"

#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sfv/tensor/device.h"
#include "sfv/tensor/random.h"

namespace sfv::pipeline {
namespace {

using torch::Tensor;

// By the definition, one number at a time.
uint8_t level_of(float x) {
  return static_cast<uint8_t>(std::nearbyint(std::clamp(x * 0.5F + 0.5F, 0.0F, 1.0F) * 255.0F));
}

void expect_levels(const Clip& clip, const Tensor& frames) {
  ASSERT_EQ(static_cast<int64_t>(clip.frames.size()), frames.size(0));
  const auto values = frames.accessor<float, 4>();
  for (int64_t f = 0; f < frames.size(0); ++f) {
    const RgbImage& image = clip.frames[static_cast<size_t>(f)];
    ASSERT_EQ(image.height, frames.size(2));
    ASSERT_EQ(image.width, frames.size(3));
    for (int64_t y = 0; y < image.height; ++y) {
      for (int64_t x = 0; x < image.width; ++x) {
        for (int64_t c = 0; c < 3; ++c) {
          const auto place = static_cast<size_t>((y * image.width + x) * 3 + c);
          ASSERT_EQ(image.rgb[place], level_of(values[f][c][y][x])) << f << ' ' << y << ' ' << x << ' ' << c;
        }
      }
    }
  }
}

TEST(FrameCopies, ClampsRoundsAndKeepsTheOrderOfSlices) {
  at::Generator generator = make_generator(3);
  const Tensor frames = draw_normal({5, 3, 6, 10}, generator);  // some beyond -1..1
  FrameCopies copies;
  copies.add(frames.narrow(0, 0, 2));
  copies.add(frames.narrow(0, 2, 3));
  const Clip clip = copies.finish(7);
  EXPECT_EQ(clip.fps, 7);
  expect_levels(clip, frames);
}

TEST(FrameCopies, RoundsHalvesToEven) {
  FrameCopies copies;
  const Tensor frames = at::full({1, 3, 1, 1}, 0.0);  // 127.5
  copies.add(frames);
  EXPECT_EQ(copies.finish(7).frames[0].rgb[0], 128);
}

TEST(FrameCopies, ComeFromAGpuAsTheyAreThere) {
  if (count_gpus() == 0) GTEST_SKIP() << "no GPU";
  const torch::Device device = open_device("cuda");
  at::Generator generator = make_generator(3);
  const Tensor frames = draw_normal({4, 3, 32, 48}, generator);
  FrameCopies copies;
  for (int64_t i = 0; i < 4; ++i) copies.add(frames.narrow(0, i, 1).to(device));
  expect_levels(copies.finish(7), frames);
}

}  // namespace
}  // namespace sfv::pipeline
