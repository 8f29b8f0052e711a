#include "sfv/training/optimizer.h"

#include <gtest/gtest.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <functional>
#include <map>
#include <memory>

#include "sfv/core/error.h"
#include "sfv/training/adamw.h"
#include "sfv/training/sgd.h"
#include "sfv/training/sm3.h"

namespace sfv::training {
namespace {

using torch::Tensor;

Tensor parameter(const Tensor& values) {
  return values.detach().clone().requires_grad_();
}

Tensor state_of(const Optimizer& optimizer, const std::string& name) {
  for (const NamedTensor& item : optimizer.state())
    if (item.name == name) return item.tensor;
  ADD_FAILURE() << "no state " << name;
  return {};
}

void expect_near(const Tensor& got, const std::vector<double>& expected, double tolerance = 1e-12) {
  ASSERT_EQ(got.numel(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(got.reshape({-1})[static_cast<int64_t>(i)].item<double>(), expected[i], tolerance) << i;
}

// By hand, beta 0.75, momentum 0.5, learning rate 1. Step 1, g = [[1, 2, 2], [4, 2, 6]]: v = g^2 / 4 =
// [[.25, 1, 1], [4, 1, 9]]; rows' maxima 1 and 9, columns' 4, 1, 9; u = g / sqrt v = 2 everywhere, halved by
// the momentum. Step 2, g = [[0, 1, 3], [2, 0, 0]]: min of row and column [[1, 1, 1], [4, 1, 9]]; v = 3/4 of
// it + g^2 / 4 = [[.75, 1, 3], [4, .75, 6.75]]; rows max(1, 3) = 3, max(9, 6.75) = 9; columns 4, 1, 9.
TEST(Sm3, TwoByThreeByHand) {
  const Tensor p = parameter(torch::zeros({2, 3}, torch::kDouble));
  Sm3 sm3({{"w", p}}, {.momentum = 0.5, .beta = 0.75});
  p.mutable_grad() = torch::tensor({1.0, 2.0, 2.0, 4.0, 2.0, 6.0}, torch::kDouble).view({2, 3});
  sm3.step(1);
  expect_near(p, {-1, -1, -1, -1, -1, -1});
  expect_near(state_of(sm3, "w.accumulator.0"), {1, 9});
  expect_near(state_of(sm3, "w.accumulator.1"), {4, 1, 9});
  expect_near(state_of(sm3, "w.momentum"), {1, 1, 1, 1, 1, 1});
  p.mutable_grad() = torch::tensor({0.0, 1.0, 3.0, 2.0, 0.0, 0.0}, torch::kDouble).view({2, 3});
  sm3.step(1);
  // u = g / sqrt v / 2 + m / 2
  const std::vector<double> u = {0.5, 1.0, 0.5 * std::sqrt(3.0) + 0.5, 1.0, 0.5, 0.5};
  expect_near(state_of(sm3, "w.accumulator.0"), {3, 9});
  expect_near(state_of(sm3, "w.accumulator.1"), {4, 1, 9});
  expect_near(state_of(sm3, "w.momentum"), u);
  expect_near(p, {-1 - u[0], -1 - u[1], -1 - u[2], -1 - u[3], -1 - u[4], -1 - u[5]});
}

TEST(Sm3, WithoutBetaAddsSquaresUpAndReplacesAccumulators) {
  const Tensor p = parameter(torch::zeros({2, 2}, torch::kDouble));
  Sm3 sm3({{"w", p}}, {.momentum = 0, .beta = 0});
  p.mutable_grad() = torch::tensor({1.0, 2.0, 3.0, 4.0}, torch::kDouble).view({2, 2});
  sm3.step(0.5);
  expect_near(p, {-0.5, -0.5, -0.5, -0.5});
  expect_near(state_of(sm3, "w.accumulator.0"), {4, 16});
  expect_near(state_of(sm3, "w.accumulator.1"), {9, 16});
  sm3.step(0);  // v = min + g^2 = [[4 + 1, 4 + 4], [9 + 9, 16 + 16]]
  expect_near(state_of(sm3, "w.accumulator.0"), {8, 32});
  expect_near(state_of(sm3, "w.accumulator.1"), {18, 32});
  EXPECT_EQ(sm3.state().size(), 2U);  // no momentum to keep
}

TEST(Sm3, AVectorHasItsWholeSecondMoment) {
  const Tensor p = parameter(torch::zeros({3}, torch::kDouble));
  Sm3 sm3({{"b", p}}, {.momentum = 0, .beta = 0.5});
  p.mutable_grad() = torch::tensor({2.0, 0.0, 1.0}, torch::kDouble);
  sm3.step(1);
  expect_near(state_of(sm3, "b.accumulator.0"), {2, 0, 0.5});
  expect_near(p, {-std::sqrt(2.0), 0, -std::sqrt(2.0)});
  p.mutable_grad() = torch::tensor({0.0, 0.0, 1.0}, torch::kDouble);
  sm3.step(0);
  expect_near(state_of(sm3, "b.accumulator.0"), {2, 0, 0.75});  // the first would fall to 1: it never does
}

TEST(Sm3, AConvolutionHasFourAccumulators) {
  const Tensor p = parameter(torch::randn({4, 3, 2, 5}));
  Sm3 sm3({{"conv", p}}, {});
  ASSERT_EQ(sm3.state().size(), 5U);
  const std::vector<std::vector<int64_t>> shapes = {{4, 1, 1, 1}, {1, 3, 1, 1}, {1, 1, 2, 1}, {1, 1, 1, 5}};
  for (int d = 0; d < 4; ++d)
    EXPECT_EQ(state_of(sm3, "conv.accumulator." + std::to_string(d)).sizes().vec(), shapes[d]);
  p.mutable_grad() = torch::randn({4, 3, 2, 5});
  sm3.step(1e-3);
  const Tensor square = p.grad().square() * 0.001;
  EXPECT_TRUE(state_of(sm3, "conv.accumulator.2").allclose(square.amax({0, 1, 3}, true), 1e-5));
}

// The methods page's table of update sizes with white-noise gradients (beta .999, momentum .5).
TEST(Sm3, UpdatesShrinkAsTheMomentGathers) {
  torch::manual_seed(1);
  const Tensor p = parameter(torch::zeros({256, 256}));
  Sm3 sm3({{"w", p}}, {});
  const std::map<int, double> expected = {{1, 15.8}, {2, 9.3}, {10, 2.1}, {30, 1.2}, {100, .65}};
  for (int step = 1; step <= 100; ++step) {
    const Tensor before = p.detach().clone();
    p.mutable_grad() = torch::randn({256, 256});
    sm3.step(1);
    if (!expected.contains(step)) continue;
    const double rms = (p.detach() - before).square().mean().sqrt().item<double>();
    EXPECT_NEAR(rms, expected.at(step), 0.1 * expected.at(step)) << step;
  }
}

// 20 steps of ours and of libtorch's on the same gradients; one parameter sits some of them out.
template <typename Torch>
void expect_same_as_torch(const std::function<std::unique_ptr<Optimizer>(NamedTensors)>& make,
                          typename Torch::OptionsType options, torch::Dtype dtype, double tolerance) {
  torch::manual_seed(2);
  const Tensor start_a = torch::randn({3, 2, 3, 3}, dtype), start_b = torch::randn({5}, dtype);
  const Tensor a = parameter(start_a.contiguous(at::MemoryFormat::ChannelsLast)), b = parameter(start_b);
  const Tensor torch_a = parameter(start_a), torch_b = parameter(start_b);
  const auto ours = make({{"a", a}, {"b", b}});
  options.lr(0.01);
  Torch theirs(std::vector<Tensor>{torch_a, torch_b}, options);
  for (int step = 0; step < 20; ++step) {
    ours->clear_gradients();
    theirs.zero_grad();
    const Tensor g_a = torch::randn({3, 2, 3, 3}, dtype), g_b = torch::randn({5}, dtype);
    a.mutable_grad() = g_a.clone();
    torch_a.mutable_grad() = g_a.clone();
    if (step % 3 != 1) {
      b.mutable_grad() = g_b.clone();
      torch_b.mutable_grad() = g_b.clone();
    }
    ours->step(0.01);
    theirs.step();
    ASSERT_LT((a - torch_a).abs().max().template item<double>(), tolerance) << step;
    ASSERT_LT((b - torch_b).abs().max().template item<double>(), tolerance) << step;
  }
  EXPECT_GT((a - start_a).abs().max().template item<double>(), 0.01);
}

struct TorchAdamW : torch::optim::AdamW {
  using OptionsType = torch::optim::AdamWOptions;
  using torch::optim::AdamW::AdamW;
};
struct TorchSgd : torch::optim::SGD {
  using OptionsType = torch::optim::SGDOptions;
  using torch::optim::SGD::SGD;
};

TEST(AdamW, EqualsTorch) {
  const AdamWOptions options{.beta1 = 0.8, .beta2 = 0.95, .eps = 1e-6, .weight_decay = 0.1};
  const auto make = [&](NamedTensors p) { return std::make_unique<AdamW>(std::move(p), options); };
  const auto theirs = torch::optim::AdamWOptions().betas({0.8, 0.95}).eps(1e-6).weight_decay(0.1);
  expect_same_as_torch<TorchAdamW>(make, theirs, torch::kDouble, 1e-14);
  expect_same_as_torch<TorchAdamW>(make, theirs, torch::kFloat, 1e-6);
}

TEST(Sgd, EqualsTorch) {
  for (const double momentum : {0.0, 0.9}) {
    const SgdOptions options{.momentum = momentum, .weight_decay = 0.1};
    const auto make = [&](NamedTensors p) { return std::make_unique<Sgd>(std::move(p), options); };
    const auto theirs = torch::optim::SGDOptions(0.01).momentum(momentum).weight_decay(0.1);
    expect_same_as_torch<TorchSgd>(make, theirs, torch::kDouble, 1e-14);
    expect_same_as_torch<TorchSgd>(make, theirs, torch::kFloat, 1e-6);
  }
}

// Five steps, the state copied into a fresh optimiser, five more: the bytes of ten steps in one go.
TEST(Optimizer, GoesOnFromItsCopiedStateToTheSameBytes) {
  using Make = std::function<std::unique_ptr<Optimizer>(NamedTensors)>;
  for (const Make& make :
       {Make([](NamedTensors p) { return std::make_unique<Sgd>(std::move(p), SgdOptions{.momentum = 0.9}); }),
        Make([](NamedTensors p) { return std::make_unique<Sm3>(std::move(p), Sm3Options{}); }),
        Make([](NamedTensors p) { return std::make_unique<AdamW>(std::move(p), AdamWOptions{}); })}) {
    torch::manual_seed(3);
    std::vector<Tensor> gradients;
    for (int i = 0; i < 10; ++i) gradients.push_back(torch::randn({4, 6}));
    const Tensor start = torch::randn({4, 6});
    const auto run = [&](Optimizer& optimizer, const Tensor& p, int begin, int end) {
      for (int i = begin; i < end; ++i) {
        p.mutable_grad() = gradients[i];
        optimizer.step(0.01);
      }
    };
    const Tensor whole = parameter(start), half = parameter(start);
    const auto uninterrupted = make({{"w", whole}}), first = make({{"w", half}});
    run(*uninterrupted, whole, 0, 10);
    run(*first, half, 0, 5);
    const Tensor resumed = parameter(half);
    const auto second = make({{"w", resumed}});
    ASSERT_EQ(second->state().size(), first->state().size());
    for (size_t i = 0; i < first->state().size(); ++i) {
      EXPECT_EQ(second->state()[i].name, first->state()[i].name);
      Tensor(second->state()[i].tensor).copy_(first->state()[i].tensor);
    }
    run(*second, resumed, 5, 10);
    EXPECT_TRUE(resumed.equal(whole));
  }
}

TEST(Optimizer, LeavesParametersWithoutGradientAlone) {
  const Tensor p = parameter(torch::ones({2}));
  AdamW adamw({{"w", p}}, {.weight_decay = 0.5});
  adamw.step(0.1);
  EXPECT_TRUE(p.equal(torch::ones({2})));
  p.mutable_grad() = torch::ones({2});
  adamw.clear_gradients();
  EXPECT_FALSE(p.grad().defined());
}

TEST(Optimizer, RefusesWhatItCannotTrain) {
  const Tensor p = parameter(torch::ones({2}));
  EXPECT_THROW(Sgd({{"w", p}, {"w", parameter(p)}}, {}), Error);
  EXPECT_THROW(Sgd({{"w", torch::ones({2})}}, {}), Error);
  EXPECT_THROW(Sgd({{"w", torch::ones({2}, torch::kBFloat16).requires_grad_()}}, {}), Error);
  EXPECT_THROW(Sm3({{"w", p}}, {.momentum = 1}), Error);
  EXPECT_THROW(AdamW({{"w", p}}, {.eps = 0}), Error);
  Sgd sgd({{"w", p}}, {});
  EXPECT_THROW(sgd.step(-1), Error);
  EXPECT_THROW(sgd.step(NAN), Error);
}

}  // namespace
}  // namespace sfv::training
