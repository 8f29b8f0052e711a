#include "sfv/training/activation_checkpoint.h"

#include <c10/util/ThreadLocalDebugInfo.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "sfv/models/unet_encoder.h"
#include "sfv/models/unet_spatio_temporal.h"
#include "sfv/tensor/mixed_precision.h"
#include "tests/training/memory_meter.h"
#include "tests/training/small_networks.h"

namespace sfv::training {
namespace {

using testing::MemoryMeter;
using torch::Tensor;

struct Result {
  std::vector<Tensor> outputs, gradients;
  int64_t kept = 0;  // bytes alive between forward and backward
};

// outputs of f, gradients of a weighted sum of all of them at `leaves`.
template <typename F>
Result differentiate(F&& f, const std::vector<Tensor>& leaves) {
  const auto meter = std::make_shared<MemoryMeter>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, meter);
  Result result;
  result.outputs = f();
  result.kept = meter->now;
  Tensor loss = torch::zeros({}, result.outputs[0].options());
  for (const Tensor& output : result.outputs) {
    const Tensor weights = torch::linspace(-1, 1, output.numel(), output.options()).view(output.sizes());
    loss = loss + (output * weights).sum();
  }
  for (const Tensor& leaf : leaves) leaf.mutable_grad().reset();
  loss.backward();
  for (const Tensor& leaf : leaves) result.gradients.push_back(leaf.grad());
  return result;
}

void expect_same(const Result& a, const Result& b, double tolerance) {
  ASSERT_EQ(a.outputs.size(), b.outputs.size());
  for (size_t i = 0; i < a.outputs.size(); ++i)
    EXPECT_TRUE(a.outputs[i].allclose(b.outputs[i], tolerance, tolerance)) << i;
  // Some are 0 but for rounding (what is added before a norm of one channel a group): measured against all.
  double largest = 0;
  for (const Tensor& gradient : a.gradients)
    if (gradient.defined()) largest = std::max(largest, gradient.abs().max().item<double>());
  for (size_t i = 0; i < a.gradients.size(); ++i) {
    ASSERT_EQ(a.gradients[i].defined(), b.gradients[i].defined()) << i;
    if (!a.gradients[i].defined()) continue;
    const double scale = std::max(a.gradients[i].abs().max().item<double>(), 1e-2 * largest);
    EXPECT_LE((a.gradients[i] - b.gradients[i]).abs().max().item<double>(), tolerance * scale) << i;
  }
}

TEST(ActivationCheckpoint, SeveralInputsAndOutputsHaveThePlainGradients) {
  torch::manual_seed(1);
  const Tensor a = torch::randn({3, 4}).requires_grad_(), b = torch::randn({4, 4});
  const Tensor w = torch::randn({4, 4}).requires_grad_(), unused = torch::randn({2}).requires_grad_();
  int runs = 0;
  const auto function = [&](std::vector<Tensor> in) -> std::vector<Tensor> {
    ++runs;
    const Tensor h = in[0].mm(w).tanh();
    return {h.mm(in[1]), h.exp(), in[1] * 2};  // the last depends on nothing that wants a gradient
  };
  const Result plain = differentiate([&] { return function({a, b}); }, {a, w, unused});
  runs = 0;
  const Result kept = differentiate(
      [&] {
        return checkpointed(function, {a, b}, {w, unused});
      },
      {a, w, unused});
  EXPECT_EQ(runs, 2);
  expect_same(plain, kept, 0);
  EXPECT_FALSE(b.grad().defined());
}

TEST(ActivationCheckpoint, ParametersGetGradientsWhenNoInputWantsOne) {
  const Tensor x = torch::randn({3, 4}), w = torch::randn({4, 4}).requires_grad_();
  const auto function = [&](const std::vector<Tensor>& in) { return std::vector<Tensor>{in[0].mm(w).sin()}; };
  expect_same(differentiate([&] { return function({x}); }, {w}),
              differentiate([&] { return checkpointed(function, {x}, {w}); }, {w}), 0);
}

TEST(ActivationCheckpoint, BuildsNoGraphWhereNothingWantsAGradient) {
  const Tensor x = torch::randn({3}), frozen = torch::randn({3}), w = torch::randn({3}).requires_grad_();
  const auto times = [](const Tensor& factor) {
    return [factor](const std::vector<Tensor>& in) { return std::vector<Tensor>{in[0] * factor}; };
  };
  EXPECT_FALSE(checkpointed(times(frozen), {x}, {frozen})[0].requires_grad());
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(checkpointed(times(w), {x}, {w})[0].requires_grad());
}

TEST(ActivationCheckpoint, GradOfAnInputLeavesParametersAlone) {
  const Tensor x = torch::randn({3}).requires_grad_(), w = torch::randn({3}).requires_grad_();
  const Tensor y = checkpointed([&](const std::vector<Tensor>& in) { return std::vector<Tensor>{in[0] * w}; },
                                {x}, {w})[0];
  EXPECT_TRUE(torch::autograd::grad({y.sum()}, {x})[0].equal(w));
  EXPECT_FALSE(w.grad().defined());
}

// As the trainer does to compare the losses' gradients at x0_hat before the real backward pass.
TEST(ActivationCheckpoint, OneForwardPassServesSeveralBackwardPasses) {
  const Tensor x = torch::randn({3}).requires_grad_(), w = torch::randn({3}).requires_grad_();
  const Tensor y = checkpointed(
      [&](const std::vector<Tensor>& in) { return std::vector<Tensor>{(in[0] * w).square()}; }, {x}, {w})[0];
  const Tensor first = torch::autograd::grad({y.sum()}, {x}, {}, /*retain_graph=*/true)[0];
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(first));
  EXPECT_TRUE(w.grad().allclose(2 * x * x * w));
}

TEST(ActivationCheckpoint, TheSecondRunHasTheFirstsPrecision) {
  const Tensor x = torch::randn({8, 8}), w = torch::randn({8, 8}).requires_grad_();
  std::vector<at::ScalarType> dtypes;
  const auto function = [&](const std::vector<Tensor>& in) {
    const Tensor y = as_factor(in[0]).mm(as_factor(w));
    dtypes.push_back(y.scalar_type());
    return std::vector<Tensor>{y};
  };
  Tensor y;
  {
    const MixedPrecision scope(at::kBFloat16);
    y = checkpointed(function, {x}, {w})[0];
  }
  y.sum().backward();
  EXPECT_EQ(dtypes, (std::vector<at::ScalarType>{at::kBFloat16, at::kBFloat16}));
  EXPECT_FALSE(is_mixed());
  const Tensor expected = x.to(at::kBFloat16).t().mm(torch::ones({8, 8}, at::kBFloat16));
  EXPECT_TRUE(w.grad().equal(expected.to(at::kFloat)));
}

template <typename Network>
Result run_network(Network& network, const testing::UNetInputs& in, models::BlockRunner runner) {
  network->set_block_runner(std::move(runner));
  std::vector<Tensor> leaves = network->parameters();
  leaves.push_back(in.sample);
  leaves.push_back(in.encoder_hidden_states);
  return differentiate(
      [&]() -> std::vector<Tensor> {
        return {network(in.sample, in.timestep, in.encoder_hidden_states, in.added_time_ids)};
      },
      leaves);
}

TEST(ActivationCheckpoint, WholeUNetHasThePlainGradientsAndKeepsLess) {
  models::UNetSpatioTemporalConditionModel unet(testing::small_unet_config());
  testing::fill_random(*unet, 1);
  auto in = testing::small_unet_inputs(2, 4);
  in.sample.requires_grad_();
  in.encoder_hidden_states.requires_grad_();
  const Result plain = run_network(unet, in, {});
  const Result some = run_network(unet, in, make_checkpointing_runner({"up_blocks.3", "down_blocks"}));
  const Result all = run_network(unet, in, make_checkpointing_runner());
  expect_same(plain, some, 1e-5);
  expect_same(plain, all, 1e-5);
  EXPECT_LT(all.kept, plain.kept / 4);
  EXPECT_LT(all.kept, some.kept);
  EXPECT_LT(some.kept, plain.kept);
}

// The discriminator's encoder in the generator's step: frozen, checkpointed, and on the gradient's way.
TEST(ActivationCheckpoint, AFrozenEncoderPassesThePlainGradientOn) {
  models::UNetSpatioTemporalEncoder encoder(testing::small_unet_config());
  testing::fill_random(*encoder, 1, at::kDouble);
  for (Tensor& parameter : encoder->parameters()) parameter.set_requires_grad(false);
  auto in = testing::small_unet_inputs(1, 3, at::kDouble);
  in.sample.requires_grad_();
  const auto run = [&] {
    return encoder(in.sample, in.timestep, in.encoder_hidden_states, in.added_time_ids);
  };
  const Result plain = differentiate(run, {in.sample});
  encoder->set_block_runner(make_checkpointing_runner());
  const Result kept = differentiate(run, {in.sample});
  expect_same(plain, kept, 1e-12);
  EXPECT_LT(kept.kept, plain.kept / 3);
  for (const Tensor& parameter : encoder->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

// In double, so that the comparison is not about rounding.
TEST(ActivationCheckpoint, TapsComeOutOfCheckpointedBlocks) {
  models::UNetSpatioTemporalEncoder encoder(testing::small_unet_config());
  testing::fill_random(*encoder, 1, at::kDouble);
  auto in = testing::small_unet_inputs(1, 3, at::kDouble);
  in.sample.requires_grad_();
  std::vector<Tensor> leaves = encoder->parameters();
  leaves.push_back(in.sample);
  const auto run = [&] {
    return encoder(in.sample, in.timestep, in.encoder_hidden_states, in.added_time_ids);
  };
  const Result plain = differentiate(run, leaves);
  encoder->set_block_runner(make_checkpointing_runner());
  const Result kept = differentiate(run, leaves);
  ASSERT_EQ(kept.outputs.size(), 4U);
  expect_same(plain, kept, 1e-12);
  EXPECT_LT(kept.kept, plain.kept / 3);
}

}  // namespace
}  // namespace sfv::training
