#include "sfv/ops/cuda/group_norm_plan.h"

#include <gtest/gtest.h>

#include <vector>

#include "sfv/ops/cuda/pack.h"

namespace sfv::ops::cuda {
namespace {

struct Case {
  int64_t pictures, pixels;
  int channels, groups, vector, threads;
};

// Odd and even sizes; fewer and more channels than a block has threads; packs that cross groups (10 channels
// a group, 8 a pack); one pixel; a last slice and a last tile that are not full.
const Case kCases[] = {{1, 1, 1, 1, 1, 32},      {2, 37, 6, 3, 1, 32},      {1, 1000, 40, 4, 8, 32},
                       {3, 35, 66, 11, 1, 32},   {1, 129, 320, 32, 8, 256}, {2, 1153, 12, 4, 4, 256},
                       {1, 7, 2560, 32, 8, 256}, {1, 3, 1283, 1, 1, 256},   {14, 144, 1280, 32, 8, 256}};

TEST(GroupNormPlan, EachNumberIsReadByOneThreadOnce) {
  for (const Case& c : kCases) {
    const GroupNormPlan plan =
        make_group_norm_plan(c.pictures, c.pixels, c.channels, c.groups, c.vector, c.threads);
    ASSERT_LE(plan.threads(), c.threads);
    std::vector<int> reads(static_cast<size_t>(c.pictures * c.pixels * c.channels));
    for (int64_t block = 0; block < plan.blocks(); ++block) {
      for (int thread = 0; thread < plan.threads(); ++thread) {
        const Place at = place_of(plan, block, thread);
        ASSERT_TRUE(at.picture < c.pictures && at.slice < plan.slices && at.begin < at.end);
        if (!at.is_active) continue;
        for (int64_t pixel = at.begin + at.row; pixel < at.end; pixel += plan.rows)
          for (int lane = 0; lane < c.vector; ++lane)
            ++reads.at(static_cast<size_t>(offset_of(plan, at, pixel) + lane));
      }
    }
    for (const int times : reads) ASSERT_EQ(times, 1) << c.channels << " channels, " << c.pixels << " pixels";
  }
}

TEST(GroupNormPlan, AVideoAsOneTallPictureGetsAsManyBlocksAsItsFrames) {
  // [14, 320, 72, 128] in bf16: frame by frame, and as one picture.
  const GroupNormPlan frames = make_group_norm_plan(14, 72 * 128, 320, 32, 8);
  const GroupNormPlan video = make_group_norm_plan(1, 14 * 72 * 128, 320, 32, 8);
  EXPECT_EQ(video.columns, 40);
  EXPECT_EQ(video.rows, 6);
  EXPECT_GE(frames.blocks(), kBlocks);
  EXPECT_GE(video.blocks(), kBlocks * 9 / 10);
  EXPECT_LE(video.blocks(), kBlocks);
}

TEST(GroupNormPlan, SmallPicturesAreNotCutIntoCrumbs) {
  const GroupNormPlan plan = make_group_norm_plan(14, 9 * 16, 1280, 32, 8);
  EXPECT_GE(plan.slice_pixels, plan.rows * kPixelsEach);
}

TEST(Pack, IsWideOnlyWhereEveryPackIsAlignedAndFull) {
  EXPECT_EQ(pack_width(320, 2, 4096), 8);
  EXPECT_EQ(pack_width(320, 4, 4096), 4);
  EXPECT_EQ(pack_width(4, 2, 4096), 1);
  EXPECT_EQ(pack_width(6, 4, 4096), 1);
  EXPECT_EQ(pack_width(320, 2, 4096 + 8), 1);
}

}  // namespace
}  // namespace sfv::ops::cuda
