#include "sfv/data/sample_order.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "sfv/data/clip_source.h"
#include "tests/error_of.h"

namespace sfv::data {
namespace {

std::vector<int64_t> epoch_items(const SampleOrder& order, int64_t size, int64_t epoch) {
  std::vector<int64_t> items;
  for (int64_t i = 0; i < size; ++i) items.push_back(order.at(epoch * size + i).item);
  return items;
}

TEST(SampleOrder, EachEpochVisitsEachItemOnce) {
  for (const int64_t size : {1, 2, 3, 4, 5, 7, 16, 17, 100, 1000, 4097}) {
    const SampleOrder order(size, 42);
    for (const int64_t epoch : {0, 1, 2, 9}) {
      const std::vector<int64_t> items = epoch_items(order, size, epoch);
      const std::set<int64_t> distinct(items.begin(), items.end());
      EXPECT_EQ(static_cast<int64_t>(distinct.size()), size);
      EXPECT_EQ(*distinct.begin(), 0);
      EXPECT_EQ(*distinct.rbegin(), size - 1);
      EXPECT_EQ(order.at(epoch * size).epoch, epoch);
    }
  }
}

TEST(SampleOrder, DiffersBetweenEpochsAndSeeds) {
  const SampleOrder order(100, 1);
  const SampleOrder other(100, 2);
  EXPECT_NE(epoch_items(order, 100, 0), epoch_items(order, 100, 1));
  EXPECT_NE(epoch_items(order, 100, 0), epoch_items(other, 100, 0));
  EXPECT_EQ(epoch_items(order, 100, 3), epoch_items(SampleOrder(100, 1), 100, 3));
}

TEST(SampleOrder, IsShuffledWell) {
  // Over many epochs each item comes at each place equally often: 12,000 epochs of 12 items, 1,000 each
  // expected.
  constexpr int64_t kSize = 12;
  const SampleOrder order(kSize, 7);
  std::map<std::pair<int64_t, int64_t>, int> counts;
  std::map<std::pair<int64_t, int64_t>, int> followers;
  for (int64_t epoch = 0; epoch < 12'000; ++epoch) {
    for (int64_t i = 0; i < kSize; ++i) {
      ++counts[{i, order.at(epoch * kSize + i).item}];
      if (i > 0) ++followers[{order.at(epoch * kSize + i - 1).item, order.at(epoch * kSize + i).item}];
    }
  }
  double chi_square = 0;
  for (int64_t i = 0; i < kSize; ++i) {
    for (int64_t item = 0; item < kSize; ++item) {
      const double off = counts[{i, item}] - 1000;
      chi_square += off * off / 1000;
    }
  }
  EXPECT_LT(chi_square, 190);  // 121 degrees of freedom: 121 +- 16; 190 is beyond 4 deviations
  EXPECT_EQ(followers.size(), 132U);
  for (const auto& [pair, count] : followers) EXPECT_NEAR(count, 1000, 250);
}

TEST(SampleOrder, DoesNotDependOnTheNumberOfRanks) {
  const SampleOrder one(50, 3);
  std::map<int64_t, std::pair<int64_t, uint64_t>> by_ranks;
  for (int64_t rank = 0; rank < 4; ++rank) {
    const SampleOrder own(50, 3);
    for (int64_t position = rank; position < 200; position += 4) {
      by_ranks[position] = {own.at(position).item, own.at(position).draw_seed};
    }
  }
  for (int64_t position = 0; position < 200; ++position) {
    EXPECT_EQ(by_ranks[position], std::pair(one.at(position).item, one.at(position).draw_seed));
  }
}

TEST(SampleOrder, GivesEachPositionItsOwnDraws) {
  const SampleOrder order(3, 3);
  std::set<uint64_t> seeds;
  for (int64_t position = 0; position < 300; ++position) seeds.insert(order.at(position).draw_seed);
  EXPECT_EQ(seeds.size(), 300U);
}

TEST(SampleOrder, CountsAnUnlimitedSourceUp) {
  const SampleOrder order(ClipSource::kUnlimited, 3);
  for (const int64_t position : {int64_t{0}, int64_t{1}, int64_t{1} << 40}) {
    EXPECT_EQ(order.at(position).item, position);
    EXPECT_EQ(order.at(position).epoch, 0);
  }
}

TEST(SampleOrder, SubstitutesDependOnPositionAndAttempt) {
  const SampleOrder order(1000, 5);
  EXPECT_EQ(order.substitute(8, 0).item, order.at(8).item);
  std::set<int64_t> items;
  for (int64_t attempt = 1; attempt <= 20; ++attempt) {
    const SamplePlace place = order.substitute(8, attempt);
    EXPECT_EQ(place.item, order.substitute(8, attempt).item);
    EXPECT_GE(place.item, 0);
    EXPECT_LT(place.item, 1000);
    items.insert(place.item);
  }
  EXPECT_GT(items.size(), 15U);
}

TEST(SampleOrder, RefusesImpossibleSizes) {
  for (const int64_t size : {int64_t{0}, int64_t{-1}, (int64_t{1} << 62) + 1}) {
    EXPECT_EQ(error_of([&] { (void)SampleOrder(size, 0); }).code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(error_of([] { (void)SampleOrder(3, 0).at(-1); }).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv::data
