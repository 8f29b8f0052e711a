#include "sfv/core/work.h"

#include <gtest/gtest.h>

#include <thread>

namespace sfv {
namespace {

struct Counter : WorkMeter {
  double total = 0;
  void add(double operations) override { total += operations; }
};

TEST(Work, GoesNowhereWithoutAMeter) {
  count_work(5);
}

TEST(Work, GoesToTheInnermostScope) {
  Counter outer;
  Counter inner;
  {
    const WorkScope outer_scope(outer);
    count_work(1);
    {
      const WorkScope inner_scope(inner);
      count_work(10);
    }
    count_work(2);
  }
  count_work(100);
  EXPECT_EQ(outer.total, 3);
  EXPECT_EQ(inner.total, 10);
}

TEST(Work, ScopeEndsWhenAnExceptionLeavesIt) {
  Counter counter;
  try {
    const WorkScope scope(counter);
    throw 1;
  } catch (int) {
  }
  count_work(1);
  EXPECT_EQ(counter.total, 0);
}

TEST(Work, BelongsToItsThread) {
  Counter counter;
  const WorkScope scope(counter);
  std::thread([] { count_work(1); }).join();
  EXPECT_EQ(counter.total, 0);
}

}  // namespace
}  // namespace sfv
