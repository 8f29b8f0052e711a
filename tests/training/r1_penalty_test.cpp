#include "sfv/training/r1_penalty.h"

#include <gtest/gtest.h>

#include "sfv/core/error.h"
#include "sfv/models/discriminator_head.h"
#include "sfv/tensor/random.h"
#include "tests/training/gradient_check.h"

namespace sfv::training {
namespace {

using models::DiscriminatorHead;
using models::HeadLogits;
using torch::Tensor;

constexpr int64_t kFrames = 3;

DiscriminatorHead make_head(bool over_time, models::DiscriminatorNorm norm) {
  DiscriminatorHead head(models::DiscriminatorHeadOptions{
      .channels = 32, .over_time = over_time, .embedding_dim = 4, .norm = norm});
  at::Generator generator = make_generator(7);
  head->initialise(generator);
  head->to(torch::kDouble);
  return head;
}

// logits = sum over places of w . F: the gradient is w everywhere, so R1 is places a sample times |w|^2.
TEST(R1Penalty, OfALinearHeadIsTheNormOfItsWeights) {
  const int64_t B = 2, F = 3, H = 4, W = 5;
  const Tensor w = torch::tensor({1.0, -2.0, 2.0}, torch::kDouble);
  const std::vector<Tensor> taps = begin_features({torch::randn({B * F, 3, H, W}, torch::kDouble)});
  const Tensor logits = (taps[0] * w.view({1, 3, 1, 1})).sum(1).view({B, F, H, W});
  EXPECT_NEAR(r1_penalty({{"spatial_0", 0, logits}}, taps).item<double>(), F * H * W * 9.0, 1e-9);
}

TEST(R1Penalty, TakesHeadsOnOneTapApart) {
  const std::vector<Tensor> taps = begin_features({torch::randn({2, 1, 1, 1}, torch::kDouble)});
  const Tensor logits = taps[0].view({1, 2, 1, 1});
  // Gradients 1 and -1 would cancel in a common sum.
  EXPECT_NEAR(r1_penalty({{"spatial_0", 0, logits}, {"temporal_0", 0, -logits}}, taps).item<double>(), 4,
              1e-12);
}

// Second derivative through spectral norm, convolution, both norms, leaky ReLU and projection: the gradient
// of the penalty at each kind of parameter against finite differences of the penalty.
TEST(R1Penalty, ItsGradientReachesTheHeadsParameters) {
  torch::manual_seed(8);
  const Tensor tap = torch::randn({2 * kFrames, 32, 2, 2}, torch::kDouble);
  const Tensor embedding = torch::randn({2 * kFrames, 4}, torch::kDouble);
  for (const bool over_time : {false, true}) {
    for (const auto norm : {models::DiscriminatorNorm::kGroup, models::DiscriminatorNorm::kBatchLocal}) {
      DiscriminatorHead head = make_head(over_time, norm);
      const auto penalty = [&] {
        const std::vector<Tensor> taps = begin_features({tap});
        return r1_penalty({{"head", 0, head(taps[0], kFrames, embedding)}}, taps);
      };
      for (const char* key : {"conv_in.weight", "norm_in.weight", "conv_residual.weight",
                              "norm_residual.weight", "conv_out.weight", "projection.weight"}) {
        Tensor parameter = head->named_parameters()[key];
        const Tensor gradient = torch::autograd::grad({penalty()}, {parameter})[0];
        const double scale = gradient.abs().max().item<double>();
        ASSERT_GT(scale, 0) << key;
        // Along the gradient and along a random direction.
        for (const Tensor& direction : {gradient / gradient.norm(), torch::randn_like(gradient)}) {
          const Tensor kept = parameter.detach().clone();
          const auto at_step = [&](double step) {
            const torch::NoGradGuard no_grad;
            parameter.copy_(kept + step * direction);
            const torch::AutoGradMode with_graph(true);
            return penalty().item<double>();
          };
          const double difference = (at_step(1e-5) - at_step(-1e-5)) / 2e-5;
          (void)at_step(0);
          const double expected = (gradient * direction).sum().item<double>();
          EXPECT_NEAR(difference, expected, 1e-5 * (gradient.norm() * direction.norm()).item<double>())
              << key << " over_time " << over_time;
        }
      }
    }
  }
}

TEST(R1Penalty, LeavesTheTapsTheyComeFromAlone) {
  const Tensor tap = torch::randn({2, 1, 1, 1}).requires_grad_();
  const std::vector<Tensor> taps = begin_features({tap, tap.to(at::kBFloat16)});
  EXPECT_EQ(taps[1].scalar_type(), at::kFloat);
  r1_penalty({{"spatial_0", 0, taps[0].square().view({1, 2, 1, 1})}}, taps).backward();
  EXPECT_FALSE(tap.grad().defined());
}

TEST(R1Penalty, RefusesTapsWithoutGradients) {
  const Tensor tap = torch::randn({1, 1, 1, 1});
  EXPECT_THROW((void)r1_penalty({{"spatial_0", 0, tap}}, {tap}), Error);
  EXPECT_THROW((void)r1_penalty({{"spatial_0", 3, tap}}, {tap}), Error);
  EXPECT_THROW((void)r1_penalty({}, {tap}), Error);
}

TEST(ApproximateR1, IsTheSquaredChangeOfEachPlace) {
  const PatchLogits a = {torch::tensor({1.0, 2.0}, torch::kDouble), torch::tensor({0.0}, torch::kDouble)};
  const PatchLogits b = {torch::tensor({1.5, 0.0}, torch::kDouble), torch::tensor({1.0}, torch::kDouble)};
  EXPECT_NEAR(approximate_r1_penalty(a, b).item<double>(), ((0.25 + 4) / 2 + 1) / 2, 1e-12);
  testing::check_gradient("approximate", torch::randn({1, 2, 2, 2}, torch::kDouble), [](const Tensor& t) {
    return approximate_r1_penalty({t, t * 2}, {t.square(), t.sin()});
  });
}

}  // namespace
}  // namespace sfv::training
