#include "sfv/training/sharded_optimizer.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <gmock/gmock.h>

#include "sfv/training/adamw.h"
#include "sfv/training/rank_report.h"
#include "tests/error_of.h"

namespace sfv::training {
namespace {

using ::testing::ElementsAre;

NamedTensors parameters_of(const std::vector<int64_t>& sizes) {
  NamedTensors parameters;
  for (size_t i = 0; i < sizes.size(); ++i)
    parameters.push_back({"p" + std::to_string(i), at::ones({sizes[i]}).requires_grad_(true)});
  return parameters;
}

TEST(ShareOut, BalancesWholeParametersBySize) {
  // 9 | 7 | 5: then 4 to the third (9), 3 to the second (10), 2 to the first (11).
  EXPECT_THAT(share_out(parameters_of({2, 9, 4, 7, 3, 5}), 3), ElementsAre(0, 0, 2, 1, 1, 2));
  EXPECT_THAT(share_out(parameters_of({1, 1, 1, 1}), 2), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(share_out(parameters_of({5, 5}), 1), ElementsAre(0, 0));
  EXPECT_EQ(error_of([] { (void)share_out(parameters_of({1}), 0); }).code(), ErrorCode::kInvalidArgument);
}

TEST(Optimizer, KeepsOnlyWhatIsItsOwn) {
  AdamW optimizer(parameters_of({4, 6}), {});
  EXPECT_THAT(optimizer.parameters_of_state(), ElementsAre(0, 0, 0, 1, 1, 1));
  for (const NamedTensor& item : optimizer.parameters())
    torch::Tensor(item.tensor).mutable_grad() = at::ones_like(item.tensor);
  optimizer.keep_only({false, true});
  int64_t held = 0;
  for (const NamedTensor& item : optimizer.state()) held += item.tensor.numel();
  EXPECT_EQ(held, 6 + 6 + 1);
  optimizer.step(0.1);
  EXPECT_EQ(optimizer.parameters()[0].tensor[0].item<float>(), 1);
  EXPECT_NE(optimizer.parameters()[1].tensor[0].item<float>(), 1);
  EXPECT_EQ(error_of([&] { optimizer.keep_only({true}); }).code(), ErrorCode::kInvalidArgument);
}

TEST(ShardedOptimizer, OfOneRankIsThePlainOne) {
  distributed::SingleRank alone;
  AdamW plain(parameters_of({4, 6}), {}), spread(parameters_of({4, 6}), {});
  ShardedOptimizer sharded(spread, alone);
  for (const Optimizer* o : {&plain, &spread}) {
    for (const NamedTensor& item : o->parameters())
      torch::Tensor(item.tensor).mutable_grad() = at::ones_like(item.tensor);
  }
  plain.step(0.1);
  sharded.step(0.1);
  const NamedTensors whole = sharded.gather();
  ASSERT_EQ(whole.size(), plain.state().size());
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(whole[i].name, plain.state()[i].name);
    EXPECT_TRUE(torch::equal(whole[i].tensor, plain.state()[i].tensor));
  }
  EXPECT_TRUE(torch::equal(plain.parameters()[1].tensor, spread.parameters()[1].tensor));
}

TEST(RankReport, AddsTheSumsAndGivesTheNotes) {
  MetricMeans own, other;
  own.add("loss", 1);
  other.add("loss", 2);
  other.add("loss", 6);
  other.add("seldom", 5);
  EXPECT_THAT(add_report(to_report(other, {"skipped a", ""}), own), ElementsAre("skipped a", ""));
  EXPECT_THAT(own.take(), ElementsAre(Metric{"loss", 3}, Metric{"seldom", 5}));
}

TEST(RankReport, RefusesOneThatIsCutShort) {
  MetricMeans means;
  means.add("loss", 1);
  const std::string whole = to_report(means, {"note"});
  for (size_t length = 0; length < whole.size(); ++length) {
    MetricMeans into;
    // Cut after the notes it is a report without figures.
    if (length == 8 + 8 + 4) continue;
    EXPECT_EQ(error_of([&] { (void)add_report(whole.substr(0, length), into); }).code(),
              ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace sfv::training
