#include "sfv/tensor/gpu_driver.h"

#include <gtest/gtest.h>

namespace sfv {
namespace {

TEST(GpuDriver, KnowsItsGpus) {
  const GpuDriver driver;
  for (int i = 0; i < driver.count(); ++i) {
    EXPECT_FALSE(driver.name(i).empty());
    EXPECT_GT(driver.clock_ghz(i), .3);
    EXPECT_LT(driver.clock_ghz(i), 10);
  }
}

TEST(GpuDriver, KnowsNothingOfOthers) {
  const GpuDriver driver;
  for (int index : {-1, driver.count(), 1 << 30}) {
    EXPECT_EQ(driver.name(index), "");
    EXPECT_EQ(driver.clock_ghz(index), 0);
  }
}

}  // namespace
}  // namespace sfv
