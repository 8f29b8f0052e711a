#include "sfv/models/discriminator.h"

#include <ATen/ops/conv1d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linalg_svdvals.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "sfv/core/error.h"
#include "sfv/models/unet_spatio_temporal.h"
#include "sfv/tensor/random.h"
#include "tests/training/small_networks.h"

namespace sfv::models {
namespace {

using torch::Tensor;
using training::testing::fill_random;
using training::testing::small_unet_config;
using training::testing::small_unet_inputs;
using training::testing::UNetInputs;

Discriminator make_discriminator(const DiscriminatorConfig& config, const torch::nn::Module& source) {
  Discriminator discriminator(small_unet_config(), config);
  at::Generator generator = make_generator(11);
  discriminator->initialise_heads(generator);
  discriminator->copy_encoder(source, torch::kFloat32);
  return discriminator;
}

UNetSpatioTemporalConditionModel make_unet(uint64_t seed) {
  UNetSpatioTemporalConditionModel unet(small_unet_config());
  fill_random(*unet, seed);
  return unet;
}

std::vector<HeadLogits> run(Discriminator& d, const UNetInputs& in) {
  return d(in.sample, in.timestep, in.encoder_hidden_states, in.added_time_ids);
}

TEST(Discriminator, HasASpatialAndATemporalHeadAfterEachBlock) {
  const auto unet = make_unet(1);
  Discriminator d = make_discriminator({}, *unet);
  const std::vector<HeadLogits> logits = run(d, small_unet_inputs(2, 3));
  ASSERT_EQ(logits.size(), 8U);
  const std::vector<int64_t> sides = {8, 4, 2, 2};
  for (int64_t i = 0; i < 8; ++i) {
    const std::string kind = i % 2 == 0 ? "spatial_" : "temporal_";
    EXPECT_EQ(logits[i].name, kind + std::to_string(i / 2));
    EXPECT_EQ(logits[i].tap, i / 2);
    EXPECT_EQ(logits[i].logits.sizes().vec(), (std::vector<int64_t>{2, 3, sides[i / 2], sides[i / 2]}));
    EXPECT_GT(logits[i].logits.std().item<float>(), 1e-4) << logits[i].name;
  }
}

TEST(Discriminator, KindsOfHeadsAndWidthAreOptions) {
  const auto unet = make_unet(1);
  for (const DiscriminatorNorm norm : {DiscriminatorNorm::kGroup, DiscriminatorNorm::kBatchLocal}) {
    DiscriminatorConfig config{.temporal_heads = false, .width = 32, .spatial_kernel = 3, .norm = norm};
    Discriminator d = make_discriminator(config, *unet);
    const std::vector<HeadLogits> logits = run(d, small_unet_inputs(1, 3));
    ASSERT_EQ(logits.size(), 4U);
    for (const HeadLogits& head : logits) EXPECT_TRUE(head.name.starts_with("spatial_"));
    EXPECT_EQ(d->named_parameters()["spatial_1.conv_in.weight"].sizes().vec(),
              (std::vector<int64_t>{32, 64, 3, 3}));
  }
  DiscriminatorConfig none{.spatial_heads = false, .temporal_heads = false};
  EXPECT_THROW(Discriminator(small_unet_config(), none), Error);
  DiscriminatorConfig even{.temporal_residual_kernel = 4};
  EXPECT_THROW(Discriminator(small_unet_config(), even), Error);
  DiscriminatorConfig odd_width{.width = 40};
  EXPECT_THROW(Discriminator(small_unet_config(), odd_width), Error);
}

TEST(Discriminator, GradientsPassThroughTheEncoderAndStayOutOfIt) {
  auto unet = make_unet(1);
  Discriminator d = make_discriminator({}, *unet);
  UNetInputs in = small_unet_inputs(1, 3);
  const Tensor x0_hat = unet(in.sample, in.timestep, in.encoder_hidden_states, in.added_time_ids);
  in.sample = torch::cat({x0_hat, in.sample.narrow(2, 4, 4)}, 2);
  Tensor loss = torch::zeros({});
  for (const HeadLogits& head : run(d, in)) loss = loss + head.logits.mean();
  loss.backward();
  for (const auto& item : d->encoder()->named_parameters()) {
    EXPECT_FALSE(item.value().requires_grad()) << item.key();
    EXPECT_FALSE(item.value().grad().defined()) << item.key();
  }
  for (const char* key :
       {"conv_in.weight", "conv_out.weight", "mid_block.resnets.0.spatial_res_block.conv1.weight"})
    EXPECT_GT(unet->named_parameters()[key].grad().abs().max().item<float>(), 0) << key;
  EXPECT_GT(d->named_parameters()["temporal_3.conv_residual.weight"].grad().abs().max().item<float>(), 0);
}

TEST(Discriminator, TheEncoderIsACopyThatAStepOfTheGeneratorDoesNotReach) {
  auto unet = make_unet(1);
  Discriminator d = make_discriminator({}, *unet);
  std::map<std::string, Tensor> before;
  for (const auto& item : d->encoder()->named_parameters()) {
    before[item.key()] = item.value().detach().clone();
    EXPECT_TRUE(item.value().equal(unet->named_parameters()[item.key()])) << item.key();
  }
  {
    const torch::NoGradGuard no_grad;
    for (Tensor& parameter : unet->parameters()) parameter.add_(0.5);
  }
  for (const auto& item : d->encoder()->named_parameters())
    EXPECT_TRUE(item.value().equal(before[item.key()])) << item.key();
}

TEST(Discriminator, AHalfPrecisionEncoderServesHeadsInFloat) {
  const auto unet = make_unet(1);
  Discriminator wide = make_discriminator({}, *unet), narrow = make_discriminator({}, *unet);
  narrow->copy_encoder(*unet, torch::kBFloat16);
  UNetInputs in = small_unet_inputs(1, 3);
  const std::vector<HeadLogits> expected = run(wide, in);
  in.sample.requires_grad_();
  const std::vector<HeadLogits> got = run(narrow, in);
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].logits.scalar_type(), torch::kFloat);
    const float spread = expected[i].logits.abs().max().item<float>();
    EXPECT_LT((got[i].logits - expected[i].logits).abs().mean().item<float>(), 0.1F * spread) << got[i].name;
  }
  got[7].logits.mean().backward();
  EXPECT_EQ(in.sample.grad().scalar_type(), torch::kFloat);
}

TEST(Discriminator, RefusesAnEncoderOfAnotherConfig) {
  auto config = small_unet_config();
  config.block_out_channels[3] = 32;
  UNetSpatioTemporalConditionModel other(config);
  fill_random(*other, 1);
  EXPECT_THROW((void)make_discriminator({}, *other), Error);
}

// Which heads differ between two runs; the taps are the same, so only the heads' own conditions can do it.
std::set<std::string> changed_heads(const std::vector<HeadLogits>& a, const std::vector<HeadLogits>& b) {
  std::set<std::string> names;
  for (size_t i = 0; i < a.size(); ++i)
    if (!a[i].logits.allclose(b[i].logits, 1e-4, 1e-6)) names.insert(a[i].name);
  return names;
}

TEST(Discriminator, EachConditionReachesEveryHead) {
  const torch::NoGradGuard no_grad;
  const auto unet = make_unet(1);
  const UNetInputs in = small_unet_inputs(1, 4);
  const HeadCondition condition{.c_noise = in.timestep, .image_embeds = in.encoder_hidden_states};
  HeadCondition other_sigma = condition, other_image = condition;
  other_sigma.c_noise = condition.c_noise - 0.7;
  other_image.image_embeds = torch::randn({1, 1, 16});
  Discriminator d = make_discriminator({}, *unet);
  const auto taps = d->encode(in.sample, in.timestep, in.encoder_hidden_states, in.added_time_ids);
  const auto plain = d->judge(taps, condition, 4);
  EXPECT_EQ(changed_heads(plain, d->judge(taps, other_sigma, 4)).size(), 8U);
  EXPECT_EQ(changed_heads(plain, d->judge(taps, other_image, 4)).size(), 8U);
  // Frame numbers: a clip of equal frames gets other logits on each frame from a head that knows the number …
  std::vector<Tensor> still;
  for (const Tensor& tap : taps) still.push_back(tap.narrow(0, 0, 1).repeat({4, 1, 1, 1}));
  const auto judged = d->judge(still, condition, 4);
  const auto first_frames_differ = [](const HeadLogits& head) {
    return !head.logits.select(1, 1).allclose(head.logits.select(1, 2), 1e-4, 1e-6);
  };
  for (const HeadLogits& head : judged) EXPECT_TRUE(first_frames_differ(head)) << head.name;
  // … and the same from a spatial head that does not.
  Discriminator blind = make_discriminator({.frame_condition = false}, *unet);
  for (const HeadLogits& head : blind->judge(still, condition, 4)) {
    if (head.name.starts_with("spatial")) {
      EXPECT_FALSE(first_frames_differ(head)) << head.name;
    }
  }
}

TEST(Discriminator, WithoutConditionsAHeadIsAPlainConvolution) {
  const auto unet = make_unet(1);
  Discriminator d = make_discriminator(
      {.image_condition = false, .sigma_condition = false, .frame_condition = false}, *unet);
  EXPECT_EQ(run(d, small_unet_inputs(1, 2)).size(), 8U);
  EXPECT_EQ(d->named_parameters()["spatial_0.conv_out.weight"].size(0), 1);
  EXPECT_EQ(d->named_parameters().find("spatial_0.projection.weight"), nullptr);
}

// The heads in other words: 2-D convolutions on frames, 1-D convolutions on [(b h w), c, t].
TEST(DiscriminatorHead, EqualsItsFormula) {
  const torch::NoGradGuard no_grad;
  const int64_t B = 2, F = 5, C = 32, H = 3, W = 2, E = 6;
  torch::manual_seed(3);
  const Tensor x = torch::randn({B * F, C, H, W}), embedding = torch::randn({B * F, E});
  for (const bool over_time : {false, true}) {
    DiscriminatorHead head(
        DiscriminatorHeadOptions{.channels = C, .over_time = over_time, .embedding_dim = E});
    at::Generator generator = make_generator(2);
    head->initialise(generator);
    const auto p = head->named_parameters(), buffers = head->named_buffers();
    const auto conv = [&](const Tensor& h, const std::string& name, int64_t padding) {
      const Tensor matrix = p[name + ".weight"].flatten(1);
      const Tensor weight = p[name + ".weight"] / buffers[name + ".u"].dot(matrix.mv(buffers[name + ".v"]));
      if (!over_time) return at::conv2d(h, weight, p[name + ".bias"], 1, padding);
      const Tensor lines =
          h.view({B, F, -1, H, W}).permute({0, 3, 4, 2, 1}).flatten(0, 2);  // [(b h w), c, t]
      const Tensor y = at::conv1d(lines, weight.flatten(2), p[name + ".bias"], 1, padding);
      return y.view({B, H, W, -1, F}).permute({0, 4, 3, 1, 2}).flatten(0, 1);
    };
    const auto norm = [&](const Tensor& h) {
      if (!over_time) return at::leaky_relu(at::group_norm(h, 32), 0.2);
      const Tensor video = h.view({B, F, C, H, W}).transpose(1, 2);
      return at::leaky_relu(at::group_norm(video, 32).transpose(1, 2).flatten(0, 1), 0.2);
    };
    Tensor h = norm(conv(x, "conv_in", 0));
    h = (norm(conv(h, "conv_residual", 1)) + h) / std::sqrt(2.0);
    const Tensor projected = embedding.mm(p["projection.weight"].t()) + p["projection.bias"];
    const Tensor logits = (conv(h, "conv_out", 0) * projected.view({B * F, 64, 1, 1})).sum(1) / 8;
    EXPECT_TRUE(head(x, F, embedding).allclose(logits.view({B, F, H, W}), 1e-4, 1e-5)) << over_time;
  }
}

TEST(SpectralConv, StretchesNothingAndMovesOnlyWhenTold) {
  const torch::NoGradGuard no_grad;
  nn::SpectralConv conv(nn::SpectralConvOptions{.in_channels = 8, .out_channels = 16, .kernel = 3});
  at::Generator generator = make_generator(4);
  conv->initialise(generator);
  const Tensor x = torch::randn({2, 8, 5, 5});
  const Tensor first = conv(x, 2);
  EXPECT_TRUE(conv(x, 2).equal(first));
  conv->weight.mul_(3);  // changes the norm, not the normed weight
  EXPECT_TRUE((conv(x, 2) - first).abs().max().item<float>() < 1e-5);
  const auto norm_seen = [&] { return conv->u.dot(conv->weight.flatten(1).mv(conv->v)).item<float>(); };
  conv->weight.copy_(torch::randn(conv->weight.sizes()));
  const float exact = at::linalg_svdvals(conv->weight.flatten(1)).max().item<float>();
  EXPECT_GT(std::abs(norm_seen() - exact), 0.1 * exact);  // the vectors are the old weight's
  for (int i = 0; i < 100; ++i) conv->update_spectral_norm();
  EXPECT_NEAR(norm_seen(), exact, 1e-3 * exact);
  EXPECT_EQ(conv->named_buffers().size(), 2U);  // u and v are in the checkpoint
}

TEST(SpectralConv, ItsVectorsAreBuffersOfTheDiscriminator) {
  const auto unet = make_unet(1);
  Discriminator d = make_discriminator({}, *unet);
  EXPECT_EQ(d->named_buffers().size(), 8U * 3 * 2);
  const Tensor before = d->named_buffers()["temporal_0.conv_in.u"].clone();
  {
    const torch::NoGradGuard no_grad;
    d->named_parameters()["temporal_0.conv_in.weight"].add_(torch::randn({32, 32, 1, 1, 1}));
  }
  d->update_spectral_norm();
  EXPECT_FALSE(d->named_buffers()["temporal_0.conv_in.u"].equal(before));
}

TEST(BatchNormLocal, NormalisesGroupsOfEightFramesOrPixels) {
  const torch::NoGradGuard no_grad;
  nn::BatchNormLocal norm(2);
  norm->weight.set_data(torch::ones({2}));
  norm->bias.set_data(torch::zeros({2}));
  const Tensor x = torch::randn({16, 2, 4, 4}) * 3 + 1;
  const Tensor frames = norm->forward(x);
  const Tensor pixels = norm->forward_video(x, 16);
  for (int64_t group = 0; group < 2; ++group) {
    const Tensor a = frames.narrow(0, 8 * group, 8).permute({1, 0, 2, 3}).flatten(1);
    const Tensor b = pixels.flatten(2).narrow(2, 8 * group, 8).permute({1, 0, 2}).flatten(1);
    for (const Tensor& part : {a, b}) {
      EXPECT_LT(part.mean(1).abs().max().item<float>(), 1e-5);
      EXPECT_NEAR(part.var(1, false).min().item<float>(), 1, 1e-3);
    }
  }
}

}  // namespace
}  // namespace sfv::models
