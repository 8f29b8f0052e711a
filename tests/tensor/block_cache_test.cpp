#include "sfv/tensor/block_cache.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "sfv/core/process_memory.h"

namespace sfv {
namespace {

constexpr size_t kMega = size_t{1} << 20;

TEST(BlockCache, ABlockComesBack) {
  BlockCache cache(0);
  void* const first = cache.take(10 * kMega);
  ASSERT_NE(first, nullptr);
  std::memset(first, 1, 10 * kMega);
  EXPECT_EQ(cache.used_bytes(), 10 * kMega);
  EXPECT_TRUE(cache.give(first));
  EXPECT_EQ(cache.used_bytes(), 0U);
  EXPECT_EQ(cache.take(10 * kMega - 5), first);
  EXPECT_TRUE(cache.give(first));
}

// Nothing is mapped, so no page is zeroed: large blocks are cut for small ones, and those become large again.
TEST(BlockCache, BlocksAreCutAndJoined) {
  BlockCache cache(0);
  auto* const whole = static_cast<std::byte*>(cache.take(32 * kMega));
  EXPECT_TRUE(cache.give(whole));
  std::vector<void*> parts;
  for (size_t size : {8 * kMega, 4 * kMega, 12 * kMega, 8 * kMega}) {
    parts.push_back(cache.take(size));
    EXPECT_GE(parts.back(), whole);
    EXPECT_LT(parts.back(), whole + 32 * kMega);
  }
  EXPECT_EQ(cache.kept_bytes(), 0U);
  for (size_t i : {1U, 3U, 0U, 2U}) EXPECT_TRUE(cache.give(parts[i]));
  EXPECT_EQ(cache.take(32 * kMega), whole);
  EXPECT_TRUE(cache.give(whole));
}

TEST(BlockCache, TakesTheSmallestPieceThatIsLargeEnough) {
  BlockCache cache(0);
  std::vector<void*> blocks;
  for (size_t size : {16 * kMega, 2 * kMega, 6 * kMega, 2 * kMega, 4 * kMega, 2 * kMega})
    blocks.push_back(cache.take(size));  // those of 2 part the others, wherever they lie
  for (size_t i : {0U, 2U, 4U}) cache.give(blocks[i]);
  EXPECT_EQ(cache.take(5 * kMega), blocks[2]);
  EXPECT_EQ(cache.take(3 * kMega), blocks[4]);
  for (size_t i : {1U, 2U, 3U, 4U, 5U}) cache.give(blocks[i]);
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
  EXPECT_LE(cache.kept_bytes(), (96 + 8 + 2) * kMega);
  cache.set_slack(0);
  EXPECT_LE(cache.kept_bytes(), (96 + 2) * kMega);
  for (size_t size = 5 * kMega; size < 60 * kMega; size += 5 * kMega) cache.give(cache.take(size));
  EXPECT_LE(cache.kept_bytes(), (96 + 2) * kMega);
  cache.release();
  EXPECT_EQ(cache.kept_bytes(), 0U);
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
