#include "sfv/core/process_memory.h"

#include <gtest/gtest.h>

#include <vector>

namespace sfv {
namespace {

TEST(ProcessMemory, SeesWhatIsTaken) {
  if (process_memory().now == 0) GTEST_SKIP() << "this system does not tell";
  constexpr int64_t kBytes = 64 << 20;
  const MemoryUse before = process_memory();
  {
    const std::vector<char> taken(kBytes, 1);
    EXPECT_GE(process_memory().now, before.now + kBytes * 9 / 10) << static_cast<int>(taken.back());
  }
  EXPECT_GE(process_memory().peak, before.now + kBytes * 9 / 10);
  EXPECT_GT(available_memory(), 0);
}

}  // namespace
}  // namespace sfv
