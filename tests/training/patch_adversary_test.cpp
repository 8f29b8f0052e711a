#include "sfv/training/patch_adversary.h"

#include <ATen/ops/conv2d.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <limits>
#include <map>

#include "tests/error_of.h"

namespace sfv::training {
namespace {

using torch::Tensor;

Recipe make_recipe() {
  Recipe recipe = default_recipe(Stage::kAutoencoder);
  recipe.data.width = recipe.data.height = 32;
  recipe.autoencoder.adversarial_weight = 0.25;
  recipe.autoencoder.adversarial_start = 3;
  recipe.autoencoder.patch_channels = 8;
  recipe.autoencoder.patch_layers = 2;
  recipe.discriminator_optimizer.lr = 2e-3;
  return recipe;
}

std::map<std::string, double> taken(MetricMeans& metrics) {
  std::map<std::string, double> values;
  for (const Metric& metric : metrics.take()) values[metric.name] = metric.value;
  return values;
}

// A decoder of one layer.
struct Decoder {
  Tensor weight, hidden, real;

  Decoder() {
    torch::manual_seed(5);
    weight = torch::randn({3, 4, 3, 3}).mul_(0.2).requires_grad_();
    hidden = torch::randn({2, 4, 32, 32});
    real = torch::randn({1, 2, 3, 32, 32});
  }
  [[nodiscard]] Tensor decode() const { return at::conv2d(hidden, weight, {}, 1, 1).unflatten(0, {1, 2}); }
};

double norm_at_last_layer(const Decoder& d, const Tensor& decoded, const Tensor& gradient) {
  return torch::autograd::grad({decoded}, {d.weight}, {gradient}, true)[0].norm().item<double>();
}

TEST(PatchAdversary, ItsGradientHasTheAskedShareOfTheOthersAtTheLastLayer) {
  PatchAdversary adversary(make_recipe(), torch::kCPU);
  const Decoder d;
  const Tensor decoded = d.decode();
  for (const double scale : {1.0, 30.0}) {
    const Tensor others = scale * (decoded - d.real).abs().mean();
    MetricMeans metrics;
    const Tensor gradient = adversary.gradient(decoded, others, d.weight, metrics);
    EXPECT_EQ(gradient.sizes(), decoded.sizes());
    const double wanted =
        torch::autograd::grad({others}, {d.weight}, {}, true)[0].norm().item<double>() * 0.25;
    EXPECT_NEAR(norm_at_last_layer(d, decoded, gradient), wanted, 1e-3 * wanted);
    EXPECT_GT(taken(metrics).at("adversarial_factor"), 0);
  }
}

TEST(PatchAdversary, ItsGradientLeadsToFramesThatLookMoreReal) {
  PatchAdversary adversary(make_recipe(), torch::kCPU);
  const Decoder d;
  const Tensor decoded = d.decode();
  const Tensor others = (decoded - d.real).abs().mean();
  MetricMeans metrics;
  const Tensor gradient = adversary.gradient(decoded, others, d.weight, metrics);
  const double before = taken(metrics).at("loss/vae_adversarial");
  // The graph goes on, so that the last layer's share can be asked for again.
  const Tensor nearer = decoded - 0.05 * gradient / gradient.abs().max();
  (void)adversary.gradient(nearer, (nearer - d.real).abs().mean(), d.weight, metrics);
  EXPECT_LT(taken(metrics).at("loss/vae_adversarial"), before);
}

TEST(PatchAdversary, OnePassGivesTheSumOfBothGradients) {
  const Decoder d;
  const Tensor decoded = d.decode();
  const Tensor loss = (decoded - d.real).square().mean();
  const Tensor extra = torch::randn_like(decoded);
  const Tensor expected = 0.5 * (torch::autograd::grad({loss}, {d.weight}, {}, true)[0] +
                                 torch::autograd::grad({decoded}, {d.weight}, {extra}, true)[0]);
  backward_with(loss, decoded, extra, 0.5);
  EXPECT_TRUE(torch::allclose(d.weight.grad(), expected, 1e-4, 1e-6));
  const Decoder plain;
  const Tensor again = plain.decode();
  backward_with((again - plain.real).square().mean(), again, {}, 0.5);
  EXPECT_FALSE(torch::allclose(plain.weight.grad(), expected, 1e-4, 1e-6));
}

TEST(PatchAdversary, LearnsToTellRealFromDecodedOnceItCounts) {
  PatchAdversary adversary(make_recipe(), torch::kCPU);
  torch::manual_seed(6);
  const PatchAdversary::Pair pair{torch::randn({1, 2, 3, 32, 32}).mul_(0.3),
                                  torch::rand({1, 2, 3, 1, 1}).expand({1, 2, 3, 32, 32})};
  const Phase phase = adversary.phase([&](const TrainBatch&) { return pair; });
  MetricMeans metrics;
  phase.accumulate({}, 1, 2, metrics);
  EXPECT_TRUE(metrics.take().empty());
  for (const NamedTensor& item : phase.optimizer->parameters()) EXPECT_FALSE(item.tensor.grad().defined());
  double first = 0, last = 0;
  for (int64_t step = 3; step < 63; ++step) {
    phase.optimizer->clear_gradients();
    phase.accumulate({}, 1, step, metrics);
    phase.optimizer->step(phase.options->lr);
    last = taken(metrics).at("loss/discriminator");
    if (step == 3) first = last;
  }
  EXPECT_NEAR(first, 2, 1);  // it knows nothing
  EXPECT_LT(last, 0.5 * first);
}

TEST(PatchAdversary, NamesFramesThatAreNotFinite) {
  PatchAdversary adversary(make_recipe(), torch::kCPU);
  const Decoder d;
  const Tensor decoded = d.decode() * std::numeric_limits<float>::quiet_NaN();
  const Error error = error_of([&] {
    MetricMeans metrics;
    (void)adversary.gradient(decoded, decoded.mean(), d.weight, metrics);
  });
  EXPECT_EQ(error.code(), ErrorCode::kNotFinite);
  EXPECT_NE(std::string(error.what()).find("the decoded clips"), std::string::npos) << error.what();
}

TEST(PatchAdversary, ClipsThatAreTooSmallAreRefused) {
  Recipe recipe = make_recipe();
  recipe.autoencoder.patch_layers = 4;  // 48 pixels
  const Error error = error_of([&] { PatchAdversary adversary(recipe, torch::kCPU); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.what(), ::testing::HasSubstr("48 pixels"));
}

}  // namespace
}  // namespace sfv::training
