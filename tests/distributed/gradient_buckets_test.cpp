#include "sfv/distributed/gradient_buckets.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "sfv/core/check.h"
#include "tests/error_of.h"

namespace sfv::distributed {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

/// Rank 0 of 2 beside a rank that is made up: its tensors hold `other` throughout.
class PretendedRanks : public Ranks {
 public:
  explicit PretendedRanks(double other) : Ranks({.rank = 0, .size = 2}), other_(other) {}

  [[nodiscard]] std::string backend() const override { return "none"; }
  void sum(torch::Tensor& tensor) override {
    check_summable(tensor);
    if (on_sum) on_sum();
    {
      const std::lock_guard lock(mutex_);
      sums_.push_back(tensor.numel());
    }
    changed_.notify_all();
    // The last message says who has a gradient.
    const bool is_count = tensor.scalar_type() == at::kLong;
    is_count ? tensor.add_(int64_t{other_ == 0 ? 0 : 1}) : tensor.add_(other_);
  }
  void broadcast(torch::Tensor&, int64_t) override {}
  std::vector<std::string> gather(const std::string& own) override { return {own, own}; }
  void barrier() override {}

  /// Waits until `count` sums were asked for; false if that takes over half a minute.
  bool await_sums(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] { return sums_.size() >= count; });
  }
  std::vector<int64_t> sums() {
    const std::lock_guard lock(mutex_);
    return sums_;
  }

  std::function<void()> on_sum;

 private:
  double other_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int64_t> sums_;
};

torch::Tensor parameter(int64_t n) {
  return at::ones({n}, at::kDouble).requires_grad_(true);
}

TEST(GradientBuckets, GivesTheMean) {
  PretendedRanks ranks(3);
  const torch::Tensor a = parameter(4), b = at::ones({2, 3, 2, 2}, at::kDouble)
                                                .contiguous(at::MemoryFormat::ChannelsLast)
                                                .requires_grad_(true);
  GradientBuckets buckets(ranks, {a, b});
  EXPECT_EQ(buckets.buckets(), 1);
  for (int step = 0; step < 2; ++step) {
    a.mutable_grad().reset();
    b.mutable_grad().reset();
    buckets.begin();
    (a.sum() * 5 + b.sum() * 7).backward();
    buckets.finish();
    EXPECT_TRUE(torch::equal(a.grad(), at::full({4}, 4.0, at::kDouble)));
    EXPECT_TRUE(torch::equal(b.grad(), at::full({2, 3, 2, 2}, 5.0, at::kDouble)));
  }
}

TEST(GradientBuckets, CountsWhatEarlierPassesAdded) {
  PretendedRanks ranks(2);
  const torch::Tensor a = parameter(1), early = parameter(1);
  GradientBuckets buckets(ranks, {a, early});
  (a.sum() * 2 + early.sum() * 8).backward();
  EXPECT_TRUE(ranks.sums().empty());  // nothing is sent before begin()
  buckets.begin();
  (a.sum() * 6).backward();
  buckets.finish();
  EXPECT_EQ(a.grad().item<double>(), 5);
  EXPECT_EQ(early.grad().item<double>(), 5);
}

TEST(GradientBuckets, SendsBeforeThePassEnds) {
  PretendedRanks ranks(0.5);
  // The pass comes by the last parameter first; the first one's gradient waits until the last one's is sent.
  const torch::Tensor first = parameter(2), last = parameter(3);
  GradientBuckets buckets(ranks, {first, last}, /*bucket_bytes=*/8);
  EXPECT_EQ(buckets.buckets(), 2);
  const torch::Tensor inner = first * 2;
  bool was_sent = false;
  inner.register_hook([&](const torch::Tensor&) { was_sent = ranks.await_sums(1); });
  buckets.begin();
  (inner.sum() * last.sum()).backward();
  buckets.finish();
  EXPECT_TRUE(was_sent);
  EXPECT_THAT(ranks.sums(), ElementsAre(3, 2, 2));  // the buckets, then who has a gradient
}

TEST(GradientBuckets, TheOrderIsFixedWhateverComesFirst) {
  PretendedRanks ranks(0.5);
  const torch::Tensor a = parameter(2), b = parameter(3), c = parameter(4);
  GradientBuckets buckets(ranks, {a, b, c}, 8);
  buckets.begin();
  ((c * 2).sum() * b.sum() * (a * 3).exp().sum()).backward();
  buckets.finish();
  EXPECT_THAT(ranks.sums(), ElementsAre(4, 3, 2, 3));
}

TEST(GradientBuckets, OneWithoutAGradientCountsAsZero) {
  for (const double other : {0.0, 3.0}) {
    PretendedRanks ranks(other);
    const torch::Tensor used = parameter(2), unused = parameter(2);
    GradientBuckets buckets(ranks, {used, unused});
    buckets.begin();
    used.sum().backward();
    buckets.finish();
    EXPECT_EQ(used.grad()[0].item<double>(), (1 + other) / 2);
    // On no rank: none here, too, so that the optimiser passes it over as on one rank.
    EXPECT_EQ(unused.grad().defined(), other != 0);
    EXPECT_EQ(other == 0 ? 1.5 : unused.grad()[1].item<double>(), 1.5);
  }
}

TEST(GradientBuckets, ASecondPassIsAnError) {
  PretendedRanks ranks(1);
  const torch::Tensor a = parameter(2);
  GradientBuckets buckets(ranks, {a});
  buckets.begin();
  a.sum().backward();
  a.sum().backward();
  EXPECT_EQ(error_of([&] { buckets.finish(); }).code(), ErrorCode::kInternal);
  // The next step is a new beginning.
  buckets.begin();
  a.sum().backward();
  buckets.finish();
}

TEST(GradientBuckets, AnErrorOfTheSendingComesOutOfFinish) {
  PretendedRanks ranks(1);
  ranks.on_sum = [] { throw Error(ErrorCode::kIo, "cable"); };
  const torch::Tensor a = parameter(2);
  GradientBuckets buckets(ranks, {a});
  buckets.begin();
  a.sum().backward();
  EXPECT_EQ(error_of([&] { buckets.finish(); }).code(), ErrorCode::kIo);
}

TEST(GradientBuckets, MayBeGivenUpInThePass) {
  PretendedRanks ranks(1);
  const torch::Tensor a = parameter(2), b = parameter(2);
  {
    GradientBuckets buckets(ranks, {a, b});
    buckets.begin();
    b.sum().backward();
  }
  EXPECT_TRUE(ranks.sums().empty());
  (a.sum() + b.sum()).backward();  // the hooks are gone
  EXPECT_EQ(b.grad()[0].item<double>(), 2);
}

}  // namespace
}  // namespace sfv::distributed
