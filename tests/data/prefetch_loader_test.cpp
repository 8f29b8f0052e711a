#include "sfv/data/prefetch_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sfv/core/check.h"
#include "tests/error_of.h"

namespace sfv::data {
namespace {

/// Items are told by their motion and draw seed; some are broken.
class NumberSource : public ClipSource {
 public:
  explicit NumberSource(int64_t size, std::set<int64_t> broken = {})
      : size_(size), broken_(std::move(broken)) {}
  [[nodiscard]] int64_t size() const override { return size_; }
  [[nodiscard]] std::string name(int64_t item) const override { return "item " + std::to_string(item); }
  [[nodiscard]] TrainingClip load(int64_t item, uint64_t draw_seed) const override {
    ++loads_;
    SFV_CHECK(broken_.count(item) == 0, kInvalidFile, "item ", item, " is broken");
    TrainingClip clip;
    clip.clip.frames.resize(1);
    clip.clip.fps = static_cast<double>(draw_seed >> 32);
    clip.motion = item;
    return clip;
  }
  [[nodiscard]] int64_t loads() const { return loads_; }

 private:
  int64_t size_;
  std::set<int64_t> broken_;
  mutable std::atomic<int64_t> loads_{0};
};

struct Seen {
  int64_t position, item;
  uint64_t draw_seed;
  bool operator==(const Seen&) const = default;
};

Seen see(const Sample& sample) {
  EXPECT_EQ(sample.clip.motion, sample.place.item);
  EXPECT_EQ(sample.clip.clip.fps, static_cast<double>(sample.place.draw_seed >> 32));
  return {sample.position, sample.place.item, sample.place.draw_seed};
}

std::vector<Seen> take(const ClipSource& source, int64_t count, const PrefetchOptions& options) {
  PrefetchLoader loader(source, SampleOrder(source.size(), 9), options);
  std::vector<Seen> seen;
  for (int64_t i = 0; i < count; ++i) seen.push_back(see(loader.next()));
  return seen;
}

TEST(PrefetchLoader, GivesTheOrderWhateverTheThreads) {
  const NumberSource source(23);
  const SampleOrder order(23, 9);
  for (const int64_t threads : {1, 2, 5}) {
    for (const int64_t capacity : {1, 2, 16}) {
      const std::vector<Seen> seen = take(source, 100, {.threads = threads, .capacity = capacity});
      for (int64_t i = 0; i < 100; ++i) {
        const SamplePlace place = order.at(i);
        EXPECT_EQ(seen[static_cast<size_t>(i)], (Seen{i, place.item, place.draw_seed}));
      }
    }
  }
}

TEST(PrefetchLoader, GoesOnFromAPosition) {
  const NumberSource source(23, {4, 5});
  const std::vector<Seen> whole = take(source, 60, {});
  const std::vector<Seen> rest = take(source, 35, {.first = 25});
  EXPECT_EQ(std::vector<Seen>(whole.begin() + 25, whole.end()), rest);
}

TEST(PrefetchLoader, RanksTogetherSeeWhatOneSees) {
  const NumberSource source(23, {0, 7, 11});
  const std::vector<Seen> whole = take(source, 60, {});
  for (int64_t rank = 0; rank < 3; ++rank) {
    const std::vector<Seen> part = take(source, 20, {.first = rank, .stride = 3});
    for (int64_t i = 0; i < 20; ++i)
      EXPECT_EQ(part[static_cast<size_t>(i)], whole[static_cast<size_t>(rank + 3 * i)]);
  }
}

TEST(PrefetchLoader, ReportsAndReplacesWhatCannotBeRead) {
  const NumberSource source(10, {2, 3});
  const SampleOrder order(10, 9);
  std::vector<SkippedItem> skipped;
  PrefetchLoader loader(source, order, {.threads = 3, .on_skip = [&skipped](const SkippedItem& item) {
                                          skipped.push_back(item);
                                        }});
  for (int64_t i = 0; i < 40; ++i) {
    const size_t before = skipped.size();
    const Sample sample = loader.next();
    // The first substitute that can be read, and one report for each before it.
    int64_t attempt = 0;
    while (order.substitute(i, attempt).item == 2 || order.substitute(i, attempt).item == 3) ++attempt;
    EXPECT_EQ(see(sample),
              (Seen{i, order.substitute(i, attempt).item, order.substitute(i, attempt).draw_seed}));
    ASSERT_EQ(skipped.size(), before + static_cast<size_t>(attempt));
    for (int64_t k = 0; k < attempt; ++k) {
      const SkippedItem& item = skipped[before + static_cast<size_t>(k)];
      EXPECT_EQ(item.position, i);
      EXPECT_EQ(item.item, order.substitute(i, k).item);
      EXPECT_EQ(item.name, "item " + std::to_string(item.item));
      EXPECT_THAT(item.reason, testing::HasSubstr("is broken"));
    }
    EXPECT_EQ(loader.skipped(), static_cast<int64_t>(skipped.size()));
  }
  EXPECT_GE(skipped.size(), 8U);  // both in each of four epochs
}

TEST(PrefetchLoader, GivesUpWhenNothingCanBeRead) {
  const NumberSource source(2, {0, 1});
  PrefetchLoader loader(source, SampleOrder(2, 0), {.max_attempts = 5});
  for (int i = 0; i < 2; ++i) {  // and stays so
    const Error error = error_of([&] { (void)loader.next(); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("5 items"), testing::HasSubstr("is broken")));
  }
  EXPECT_EQ(loader.skipped(), 5);
}

/// Fails in a way that is no fault of the item.
class FailingSource : public NumberSource {
 public:
  explicit FailingSource(bool is_ours) : NumberSource(100), is_ours_(is_ours) {}
  [[nodiscard]] TrainingClip load(int64_t item, uint64_t draw_seed) const override {
    if (item == SampleOrder(100, 9).at(3).item) {
      if (is_ours_) throw Error(ErrorCode::kOutOfMemory, "no memory");
      throw std::runtime_error("strange");
    }
    return NumberSource::load(item, draw_seed);
  }

 private:
  bool is_ours_;
};

TEST(PrefetchLoader, ThrowsOtherErrorsAtTheirPosition) {
  for (const bool is_ours : {true, false}) {
    const FailingSource source(is_ours);
    PrefetchLoader loader(source, SampleOrder(100, 9), {.threads = 3, .capacity = 10});
    for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(loader.next().position, i);
    if (is_ours) {
      EXPECT_EQ(error_of([&] { (void)loader.next(); }).code(), ErrorCode::kOutOfMemory);
    } else {
      EXPECT_THROW((void)loader.next(), std::runtime_error);
    }
    EXPECT_EQ(loader.skipped(), 0);
  }
}

/// Every load waits until the test opens the gate.
class GatedSource : public NumberSource {
 public:
  explicit GatedSource(std::shared_future<void> gate) : NumberSource(100), gate_(std::move(gate)) {}
  [[nodiscard]] TrainingClip load(int64_t item, uint64_t draw_seed) const override {
    gate_.wait();
    return NumberSource::load(item, draw_seed);
  }

 private:
  std::shared_future<void> gate_;
};

TEST(PrefetchLoader, HoldsNoMoreThanItsCapacity) {
  NumberSource source(100);
  {
    PrefetchLoader loader(source, SampleOrder(100, 9), {.threads = 4, .capacity = 3});
    for (int i = 0; i < 20; ++i) {
      (void)loader.next();
      EXPECT_LE(source.loads(), i + 1 + 3);
    }
  }
  EXPECT_LE(source.loads(), 23);
}

TEST(PrefetchLoader, StopsWhileThreadsAreAtWork) {
  std::promise<void> opened;
  const GatedSource source(opened.get_future().share());
  std::thread opener;
  {
    const PrefetchLoader loader(source, SampleOrder(100, 9), {.threads = 4, .capacity = 50});
    opener = std::thread([&opened] { opened.set_value(); });
  }
  opener.join();
  // At most one clip a thread was begun before the end and finished after it; the rest of the 50 may have
  // been made.
  EXPECT_LE(source.loads(), 50);
}

TEST(PrefetchLoader, GivesARankItsBlocks) {
  const NumberSource source(23);
  const std::vector<Seen> whole = take(source, 24, {});
  // Rank 1 of 3 with micro-batches of 2.
  const std::vector<Seen> share = take(source, 8, {.first = 2, .block = 2, .stride = 6});
  const std::vector<int64_t> positions = {2, 3, 8, 9, 14, 15, 20, 21};
  for (size_t i = 0; i < positions.size(); ++i) EXPECT_EQ(share[i], whole[static_cast<size_t>(positions[i])]);
}

TEST(PrefetchLoader, RefusesImpossibleOptions) {
  const NumberSource source(3);
  for (const PrefetchOptions& options :
       {PrefetchOptions{.first = -1}, PrefetchOptions{.stride = 0}, PrefetchOptions{.block = 0},
        PrefetchOptions{.block = 3, .stride = 2}, PrefetchOptions{.threads = 0},
        PrefetchOptions{.capacity = 0}, PrefetchOptions{.max_attempts = 0}}) {
    EXPECT_EQ(error_of([&] { PrefetchLoader(source, SampleOrder(3, 0), options); }).code(),
              ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace sfv::data
