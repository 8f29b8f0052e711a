// The rule that gives Python and C++ the same weights: constants computed by tests/parity/rule_weights.py.
#include "tests/parity/rule_weights.h"

#include <gtest/gtest.h>

#include <numeric>

namespace sfv::parity {
namespace {

float last(const torch::Tensor& x) {
  return x.view(-1)[-1].item<float>();
}

TEST(RuleWeights, HashesAsFnv1a) {
  EXPECT_EQ(hash_name(""), 0xCBF29CE484222325U);
  EXPECT_EQ(hash_name("a"), 0xAF63DC4C8601EC8CU);
  EXPECT_EQ(hash_name("input.sample"), 0xE1D161849BF9549DU);
}

TEST(RuleWeights, EqualPythonsBits) {
  EXPECT_EQ(last(rule_weight("conv_in.weight", {2, 3, 3, 3}, "normal")), -0x1.626ed6p-4F);
  EXPECT_EQ(last(rule_weight("conv_in.weight", {2, 3, 3, 3}, "small_variance")), -0x1.39796ap-13F);
  EXPECT_EQ(last(rule_weight("a.norm1.weight", {4}, "normal")), 0x1.a087bp-1F);
  EXPECT_EQ(last(rule_weight("vision_model.pre_layrnorm.bias", {4}, "normal")), -0x1.0974040p-3F);
  EXPECT_EQ(last(rule_weight("a.time_mixer.mix_factor", {1}, "normal")), -0x1.037f84p-1F);
  EXPECT_EQ(last(rule_weight("a.downsamplers.0.conv.bias", {4}, "small_variance")), -0x1.5d4042p-13F);
  EXPECT_EQ(last(rule_weight("a.ff.net.0.proj.bias", {4}, "small_variance")), 0x1.69636ep-5F);
  EXPECT_EQ(last(rule_weight("vision_model.embeddings.position_embedding.weight", {3, 4}, "normal")),
            0x1.49b9cp-4F);
}

TEST(RuleWeights, EqualPythonsImage) {
  const RgbImage image = rule_image("image", 5, 7);
  EXPECT_EQ(std::accumulate(image.rgb.begin(), image.rgb.end(), 0), 9941);
  EXPECT_EQ(std::vector<uint8_t>(image.rgb.end() - 3, image.rgb.end()), (std::vector<uint8_t>{31, 90, 151}));
}

TEST(RuleWeights, AreUniform) {
  const torch::Tensor u = rule_tensor("q", {100000});
  EXPECT_LT(std::abs(u.mean().item<double>()), 0.01);
  EXPECT_NEAR(u.std().item<double>(), 1 / std::sqrt(3.0), 0.01);
  EXPECT_GE(u.min().item<double>(), -1);
  EXPECT_LT(u.max().item<double>(), 1);
}

}  // namespace
}  // namespace sfv::parity
