#include "sfv/models/patch_discriminator.h"

#include <gmock/gmock.h>

#include "tests/error_of.h"
#include "tests/training/gradient_check.h"
#include "tests/training/small_networks.h"

namespace sfv::models {
namespace {

using training::testing::fill_random;

PatchDiscriminator make(const PatchDiscriminatorOptions& options, torch::Dtype dtype = torch::kFloat32) {
  PatchDiscriminator network(options);
  fill_random(*network, 3, dtype);
  return network;
}

TEST(PatchDiscriminator, GivesOneLogitForEachPatch) {
  PatchDiscriminator network = make({.channels = 8, .layers = 3});
  torch::manual_seed(1);
  EXPECT_EQ(network(torch::randn({2, 3, 64, 48})).sizes().vec(), (std::vector<int64_t>{2, 1, 6, 4}));
  EXPECT_EQ(network->named_parameters()["conv_4.weight"].sizes().vec(), (std::vector<int64_t>{1, 64, 4, 4}));
  EXPECT_FALSE(network->named_parameters().contains("norm_0.weight"));
}

TEST(PatchDiscriminator, NoPicturesJudgementDependsOnAnother) {
  PatchDiscriminator network = make({.channels = 8, .layers = 2});
  torch::manual_seed(3);
  const torch::Tensor pictures = torch::randn({2, 3, 32, 32});
  const torch::Tensor together = network(pictures);
  EXPECT_TRUE(torch::allclose(together[0], network(pictures.narrow(0, 0, 1))[0], 1e-4, 1e-5));
}

TEST(PatchDiscriminator, RefusesPicturesThatGiveNoLogit) {
  for (const int64_t layers : {1, 3, 6}) {
    PatchDiscriminator network = make({.channels = 2, .layers = layers});
    const int64_t side = network->smallest_side();
    EXPECT_EQ(network(torch::zeros({1, 3, side, side})).sizes().vec(), (std::vector<int64_t>{1, 1, 1, 1}));
    EXPECT_THAT(error_of([&] {
                  (void)network(torch::zeros({1, 3, side - 1, side}));
                }).what(),
                ::testing::HasSubstr("fewer layers"));
  }
  EXPECT_EQ(error_of([] { (void)make({.channels = 8, .layers = 7}); }).code(), ErrorCode::kInvalidArgument);
}

TEST(PatchDiscriminator, ItsGradientIsTheOneOfFiniteDifferences) {
  PatchDiscriminator network = make({.channels = 4, .layers = 1}, torch::kDouble);
  torch::manual_seed(4);
  training::testing::check_gradient(
      "pixels", torch::randn({1, 3, 12, 12}, torch::kDouble),
      [&](const torch::Tensor& x) { return network(x).square().sum(); }, 7, 1e-5);
}

}  // namespace
}  // namespace sfv::models
