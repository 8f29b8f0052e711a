#include "tests/distributed/over_ranks/ranks.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "sfv/core/check.h"
#include "sfv/distributed/gradient_buckets.h"
#include "sfv/distributed/open_ranks.h"
#include "sfv/training/rank_agreement.h"
#include "tests/error_of.h"

namespace sfv::distributed {
namespace {

using testing::ranks;

TEST(OverRanks, SumsEveryTypeOfAnyLength) {
  const auto n = static_cast<double>(ranks().size());
  const double expected = n * (n + 1) / 2;
  for (const auto dtype : {at::kFloat, at::kDouble, at::kLong}) {
    for (const int64_t length : {int64_t{0}, int64_t{1}, int64_t{1000}, int64_t{3'000'001}}) {
      torch::Tensor tensor = at::full({length}, ranks().rank() + 1, dtype);
      ranks().sum(tensor);
      EXPECT_TRUE(torch::equal(tensor, at::full({length}, expected, dtype))) << dtype << " " << length;
    }
  }
}

TEST(OverRanks, ASumIsTheSameOnAllRanks) {
  torch::manual_seed(static_cast<uint64_t>(ranks().rank()) + 1);
  torch::Tensor tensor = torch::randn({100'001}, at::kFloat) * 1e3;
  torch::Tensor again = tensor.clone();
  ranks().sum(tensor);
  ranks().sum(again);
  EXPECT_TRUE(torch::equal(tensor, again));
  training::check_same_values(ranks(), {{"the sum", tensor}}, "after it");
}

TEST(OverRanks, BroadcastsFromEachRank) {
  for (int64_t from = 0; from < ranks().size(); ++from) {
    torch::Tensor tensor = at::arange(50'000, at::kFloat) * static_cast<double>(ranks().rank() + 1);
    ranks().broadcast(tensor, from);
    EXPECT_TRUE(torch::equal(tensor, at::arange(50'000, at::kFloat) * static_cast<double>(from + 1)));
  }
  torch::Tensor tensor = at::ones({1});
  EXPECT_EQ(error_of([&] { ranks().broadcast(tensor, ranks().size()); }).code(), ErrorCode::kInvalidArgument);
}

TEST(OverRanks, GathersTextsOfAnyLength) {
  const std::vector<std::string> texts =
      ranks().gather(std::string(static_cast<size_t>(ranks().rank() * 7), 'x'));
  ASSERT_EQ(std::ssize(texts), ranks().size());
  for (size_t r = 0; r < texts.size(); ++r) EXPECT_EQ(texts[r], std::string(r * 7, 'x'));
  const std::string zeros("\0a\0", 3);
  EXPECT_EQ(ranks().gather(zeros).back(), zeros);
  ranks().barrier();
}

TEST(OverRanks, KnowsItsPlaceOnTheMachine) {
  EXPECT_EQ(ranks().place().local_size, ranks().size());  // all on one machine here
  EXPECT_EQ(ranks().place().local_rank, ranks().rank());
  EXPECT_GE(fair_threads(ranks()), 1);
}

TEST(OverRanks, GradientsAreTheMeanInSmallBucketsAndLarge) {
  const auto k = static_cast<double>(ranks().size());
  for (const int64_t bytes : {int64_t{64}, GradientBuckets::kBucketBytes}) {
    std::vector<torch::Tensor> parameters;
    for (int64_t i = 0; i < 9; ++i)
      parameters.push_back(at::ones({i + 1, 3}, at::kDouble).requires_grad_(true));
    GradientBuckets buckets(ranks(), parameters, bytes);
    for (int step = 0; step < 3; ++step) {
      for (torch::Tensor& p : parameters) p.mutable_grad().reset();
      buckets.begin();
      torch::Tensor loss;
      for (size_t i = 0; i < parameters.size(); ++i) {
        // Number 8 is used by no rank, number 7 by the last one alone.
        if (i == 8 || (i == 7 && ranks().rank() + 1 < ranks().size())) continue;
        const torch::Tensor part =
            parameters[i].sum() * static_cast<double>((ranks().rank() + 1) * static_cast<int64_t>(i + 1));
        loss = loss.defined() ? loss + part : part;
      }
      loss.backward();
      buckets.finish();
      for (size_t i = 0; i < 8; ++i) {
        const double sum = i == 7 ? k : k * (k + 1) / 2;
        EXPECT_TRUE(parameters[i].grad().allclose(
            at::full_like(parameters[i].detach(), sum * static_cast<double>(i + 1) / k), 1e-14, 0))
            << i << " " << parameters[i].grad();
      }
      EXPECT_FALSE(parameters[8].grad().defined());
    }
  }
}

TEST(OverRanks, WhatDiffersIsNamedOnAllRanks) {
  const int64_t last = ranks().size() - 1;
  const std::string mine = ranks().rank() == last ? "b" : "a";
  const Error texts = error_of([&] { training::check_same(ranks(), "recipe", mine); });
  EXPECT_EQ(texts.code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(texts.what()).find(concat("rank ", last, " of ", ranks().size(), ": its recipe")),
            std::string::npos);
  const torch::Tensor equal = at::ones({5});
  torch::Tensor other = at::ones({5});
  if (ranks().rank() == last) other[4] += 1e-7;
  const Error values = error_of([&] {
    training::check_same_values(ranks(), {{"equal", equal}, {"other", other}}, "now");
  });
  EXPECT_EQ(values.code(), ErrorCode::kInternal);
  EXPECT_NE(std::string(values.what()).find(concat("rank ", last, " of ", ranks().size(), ": now its other")),
            std::string::npos);
  training::check_same_values(ranks(), {{"equal", equal}}, "now");
}

}  // namespace
}  // namespace sfv::distributed
