#include "sfv/training/muon.h"

#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_svdvals.h>
#include <gtest/gtest.h>
#include <torch/optim/adamw.h>
#include <torch/types.h>

#include <cmath>

#include "sfv/tensor/random.h"
#include "tests/error_of.h"

namespace sfv::training {
namespace {

using torch::Tensor;

Tensor draw(at::IntArrayRef shape, uint64_t seed) {
  at::Generator generator = make_generator(seed);
  return draw_normal(shape, generator);
}

Tensor parameter(const Tensor& value) {
  return value.clone().set_requires_grad(true);
}

TEST(Orthogonalize, LeavesDirectionsAndMakesTheirSizesAlike) {
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{48, 96}, {96, 48}, {32, 32}}) {
    const Tensor x = draw({rows, columns}, 1).to(at::kDouble);
    const Tensor y = orthogonalize(x);
    const Tensor sizes = at::linalg_svdvals(y);
    // A square's smallest values are near 0, and five iterations do not raise them all the way.
    if (rows != columns) {
      EXPECT_GT(sizes.min().item<double>(), 0.65);
    }
    EXPECT_LT(sizes.max().item<double>(), 1.25);
    // x's singular vectors still make y diagonal.
    const auto [U, S, V] = at::linalg_svd(x, /*full_matrices=*/false);
    const Tensor inside = at::mm(at::mm(U.t(), y), V.t());
    EXPECT_LT((inside - at::diag(at::diagonal(inside))).abs().max().item<double>(), 1e-9);
  }
  EXPECT_EQ(orthogonalize(at::zeros({16, 32})).abs().max().item<double>(), 0);
}

// Y <- a Y + (b A + c A A) Y with A = Y Y^T, as it is written down, in double.
Tensor iterate(const Tensor& x) {
  const bool is_tall = x.size(0) > x.size(1);
  Tensor y = is_tall ? x.t() : x;
  y = y / y.norm();
  for (int i = 0; i < 5; ++i) {
    const Tensor A = at::mm(y, y.t());
    y = 3.4445 * y + at::mm(-4.7750 * A + 2.0315 * at::mm(A, A), y);
  }
  return is_tall ? y.t() : y;
}

TEST(Orthogonalize, IsTheIterationOfItsSource) {
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{64, 576}, {576, 64}, {48, 48}}) {
    Tensor x = draw({rows, columns}, 1);
    x.select(0, 0).mul_(1e-5);  // a direction that hardly counts
    const Tensor wanted = iterate(x.to(at::kDouble));
    EXPECT_LT((orthogonalize(x.to(at::kDouble)) - wanted).abs().max().item<double>(), 1e-12);
    EXPECT_LT((orthogonalize(x) - wanted).abs().max().item<double>(), 1e-5);
  }
}

TEST(Muon, StepsAreAsLargeAsTheLearningRateSays) {
  const Tensor start = draw({32, 64, 3, 3}, 2);
  const Tensor p = parameter(start.contiguous(at::MemoryFormat::ChannelsLast));
  Muon muon({{"conv.weight", p}}, {.momentum = 0.95});
  p.mutable_grad() = draw({32, 64, 3, 3}, 3) * 1e-6;  // however small the gradient
  muon.step(0.01);
  const Tensor change = p.detach() - start;
  EXPECT_NEAR(change.square().mean().sqrt().item<double>(), 0.01 * 0.2, 0.01 * 0.2 * 0.15);
  // Against the gradient, by the matrix [outputs, everything else].
  const Tensor wanted = orthogonalize(p.grad().flatten(1)) * (-0.01 * 0.2 * std::sqrt(64 * 9.0));
  EXPECT_LT((change.flatten(1) - wanted).abs().max().item<double>(), 1e-6);
  EXPECT_EQ(muon.state().size(), 1U);
  EXPECT_EQ(muon.state()[0].name, "conv.weight.momentum");
}

TEST(Muon, LooksAheadAlongItsMomentum) {
  const Tensor p = parameter(at::zeros({16, 24}, at::kDouble));
  Muon muon({{"w", p}}, {.momentum = 0.9, .weight_decay = 0});
  const Tensor a = draw({16, 24}, 4).to(at::kDouble), b = draw({16, 24}, 5).to(at::kDouble);
  p.mutable_grad() = a.clone();
  muon.step(0);
  p.mutable_grad() = b.clone();
  muon.step(1);
  const Tensor momentum = 0.9 * 0.1 * a + 0.1 * b;
  const Tensor wanted = -0.2 * std::sqrt(24.0) * orthogonalize(0.1 * b + 0.9 * momentum);
  EXPECT_LT((p.detach() - wanted).abs().max().item<double>(), 1e-12);
}

// Biases, and layers with few inputs or outputs.
TEST(Muon, StepsTheRestByAdamW) {
  const Tensor bias = draw({64}, 6), first = draw({64, 3, 3, 3}, 7);
  const Tensor p = parameter(bias), q = parameter(first), torch_p = parameter(bias),
               torch_q = parameter(first);
  Muon muon({{"bias", p}, {"conv_in.weight", q}}, {.beta1 = 0.9, .beta2 = 0.99, .weight_decay = 0.1});
  torch::optim::AdamW adamw(std::vector<Tensor>{torch_p, torch_q},
                            torch::optim::AdamWOptions(0.01).betas({0.9, 0.99}).weight_decay(0.1));
  for (uint64_t step = 0; step < 5; ++step) {
    const Tensor g = draw({64}, 10 + step), h = draw({64, 3, 3, 3}, 20 + step);
    p.mutable_grad() = g.clone();
    torch_p.mutable_grad() = g.clone();
    q.mutable_grad() = h.clone();
    torch_q.mutable_grad() = h.clone();
    muon.step(0.01);
    adamw.step();
  }
  EXPECT_LT((p - torch_p).abs().max().item<double>(), 1e-6);
  EXPECT_LT((q - torch_q).abs().max().item<double>(), 1e-6);
  EXPECT_EQ(muon.state().size(), 6U);
}

TEST(Muon, TakesWeightDecayOffFirst) {
  const Tensor p = parameter(at::ones({16, 16}));
  Muon muon({{"w", p}}, {.weight_decay = 0.5});
  p.mutable_grad() = at::zeros({16, 16});
  muon.step(0.1);
  EXPECT_LT((p.detach() - 0.95).abs().max().item<double>(), 1e-6);
}

TEST(Muon, RefusesOptionsOutOfRange) {
  const NamedTensors parameters = {{"w", parameter(at::ones({16, 16}))}};
  EXPECT_EQ(error_of([&] { Muon(parameters, {.momentum = 1}); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { Muon(parameters, {.beta2 = -1}); }).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv::training
