#include "sfv/evaluation/read_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace sfv::evaluation {
namespace {

TEST(ReadAhead, HandsOverInOrderWhateverTheThreadsDo) {
  ReadAhead<int64_t> ahead(200, 4, 7, [](int64_t i) {
    if (i % 5 == 0) std::this_thread::yield();
    return i * i;
  });
  for (int64_t i = 0; i < 200; ++i) EXPECT_EQ(ahead.next(), i * i);
}

TEST(ReadAhead, NeverHoldsMoreThanItsCapacity) {
  std::atomic<int64_t> made{0};
  int64_t taken = 0, furthest = 0;
  ReadAhead<int64_t> ahead(100, 4, 3, [&](int64_t i) {
    ++made;
    return i;
  });
  for (; taken < 100; ++taken) {
    (void)ahead.next();
    for (int pause = 0; pause < 50; ++pause) std::this_thread::yield();
    furthest = std::max(furthest, made.load() - taken);
  }
  EXPECT_LE(furthest, 4);  // three, and the one just taken
  EXPECT_EQ(made, 100);
}

TEST(ReadAhead, ThrowsAtTheNumberThatFailedAndGoesOn) {
  ReadAhead<int64_t> ahead(4, 2, 2, [](int64_t i) {
    if (i == 2) throw std::runtime_error("two");
    return i;
  });
  EXPECT_EQ(ahead.next(), 0);
  EXPECT_EQ(ahead.next(), 1);
  EXPECT_THROW((void)ahead.next(), std::runtime_error);
  EXPECT_EQ(ahead.next(), 3);
}

TEST(ReadAhead, MayBeLeftBeforeTheEnd) {
  ReadAhead<int64_t> ahead(1000, 3, 5, [](int64_t i) { return i; });
  EXPECT_EQ(ahead.next(), 0);
}

}  // namespace
}  // namespace sfv::evaluation
