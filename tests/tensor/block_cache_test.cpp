#include "sfv/tensor/block_cache.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "sfv/core/process_memory.h"

namespace sfv {
namespace {

constexpr size_t kMega = size_t{1} << 20;

TEST(BlockCache, ABlockComesBackForASizeLikeIt) {
  BlockCache cache(64 * kMega);
  void* const first = cache.take(10 * kMega);
  ASSERT_NE(first, nullptr);
  std::memset(first, 1, 10 * kMega);
  EXPECT_GE(cache.used_bytes(), 10 * kMega);
  EXPECT_LE(cache.used_bytes(), 12 * kMega);
  EXPECT_TRUE(cache.give(first));
  EXPECT_EQ(cache.used_bytes(), 0U);
  EXPECT_EQ(cache.take(10 * kMega - 5), first);
  EXPECT_TRUE(cache.give(first));
  void* const other = cache.take(3 * kMega);
  EXPECT_NE(other, first) << "a third would lie idle";
  EXPECT_TRUE(cache.give(other));
}

TEST(BlockCache, KnowsWhatItGave) {
  BlockCache cache(kMega);
  int mine = 0;
  EXPECT_FALSE(cache.give(&mine));
  void* const block = cache.take(kMega);
  EXPECT_TRUE(cache.give(block));
  EXPECT_FALSE(cache.give(block));
}

TEST(BlockCache, KeepsNoMoreThanWasInUseAtMostAndTheSlack) {
  BlockCache cache(8 * kMega);
  std::vector<void*> taken;
  for (size_t size : {64 * kMega, 32 * kMega}) taken.push_back(cache.take(size));
  for (void* block : taken) cache.give(block);
  EXPECT_LE(cache.kept_bytes(), (96 + 8 + 6) * kMega);
  for (size_t size = 5 * kMega; size < 60 * kMega; size += 5 * kMega) cache.give(cache.take(size));
  EXPECT_LE(cache.kept_bytes(), (96 + 8 + 6) * kMega);
}

TEST(BlockCache, NoMemoryIsNull) {
  BlockCache cache(kMega);
  cache.give(cache.take(2 * kMega));
  EXPECT_EQ(cache.take(size_t{1} << 60), nullptr);
  EXPECT_EQ(cache.kept_bytes(), 0U) << "what was kept was offered to the system first";
}

// glibc's heap grew by tens of megabytes a clip here: what lives on lay where large blocks had been.
TEST(BlockCache, WhatLivesOnDoesNotMakeItGrow) {
  BlockCache cache(16 * kMega);
  std::vector<void*> living;
  int64_t after_warm_up = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<void*> passing;
    for (const size_t size : {40 * kMega, 20 * kMega, 30 * kMega}) {
      passing.push_back(cache.take(size));
      std::memset(passing.back(), round, size);
    }
    for (void* block : passing) cache.give(block);
    living.push_back(cache.take(kMega));
    std::memset(living.back(), 1, kMega);
    if (round == 9) after_warm_up = process_memory().now;
  }
  EXPECT_LT(process_memory().now - after_warm_up, static_cast<int64_t>(80 * kMega)) << "50 of 1 MiB live on";
  for (void* block : living) cache.give(block);
}

TEST(BlockCache, ServesManyThreads) {
  BlockCache cache(32 * kMega);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (int i = 0; i < 200; ++i) {
        auto* const block =
            static_cast<unsigned char*>(cache.take(kMega + static_cast<size_t>(i % 7) * kMega / 4));
        block[0] = static_cast<unsigned char>(t);
        ASSERT_EQ(block[0], t);
        ASSERT_TRUE(cache.give(block));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cache.used_bytes(), 0U);
}

}  // namespace
}  // namespace sfv
