#include "sfv/ops/winograd_conv.h"

#include <ATen/Parallel.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "sfv/core/cpu_features.h"
#include "sfv/ops/conv.h"
#include "sfv/ops/split.h"
#include "sfv/tensor/layout.h"
#include "sfv/tensor/random.h"

namespace sfv::ops {
namespace {

using torch::Tensor;
using torch::autograd::variable_list;

// Root mean square over that of the result. Plain sums in float32 give 1e-6 at 320 channels.
double distance(const Tensor& a, const Tensor& b) {
  const Tensor difference = a.detach().to(at::kDouble) - b.detach();
  return (difference.square().mean().sqrt() / b.detach().square().mean().sqrt()).item<double>();
}

struct Case {
  int64_t N, H, W, C, O;
  bool has_bias;
};

Tensor picture(const Case& c, at::Generator& generator) {
  return as_channels_last(draw_normal({c.N, c.C, c.H, c.W}, generator));
}

// SVD's widths (UNet 320 and 640, decoder 128 to 512), and maps that no tile divides.
const Case kCases[] = {
    {3, 9, 16, 320, 320, true},  {2, 18, 10, 640, 640, true}, {2, 10, 18, 1280, 1280, false},
    {2, 8, 12, 960, 320, true},  {1, 36, 20, 512, 512, true}, {2, 40, 25, 128, 256, true},
    {14, 13, 10, 64, 96, false}, {1, 64, 64, 32, 32, true},   {5, 6, 23, 32, 64, true}};

class WinogradConv : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const Case& c = GetParam();
    at::Generator generator = make_generator(7);
    leaves_ = {picture(c, generator),
               draw_normal({c.O, c.C, 3, 3}, generator) / std::sqrt(9.0 * static_cast<double>(c.C))};
    if (c.has_bias) leaves_.push_back(draw_normal({c.O}, generator));
    for (Tensor& leaf : leaves_) {
      wide_.push_back(leaf.to(at::kDouble).requires_grad_(true));
      leaf.requires_grad_(true);
    }
    dy_ = as_channels_last(draw_normal({c.N, c.O, c.H, c.W}, generator));
    ASSERT_TRUE(suits_winograd(leaves_[0], leaves_[1], 1, 1));
  }

  [[nodiscard]] static Tensor bias_of(const variable_list& leaves) {
    return leaves.size() > 2 ? leaves[2] : Tensor();
  }
  [[nodiscard]] Tensor fast() const { return conv2d(leaves_[0], leaves_[1], bias_of(leaves_), 1, 1); }
  [[nodiscard]] Tensor exact() const {
    const Tensor bias = bias_of(wide_);
    return at::conv2d(wide_[0], wide_[1], bias.defined() ? std::optional(bias) : std::nullopt, 1, 1);
  }

  variable_list leaves_, wide_;
  Tensor dy_;
};

TEST_P(WinogradConv, EqualsLibtorchInDouble) {
  const Tensor found = fast(), wanted = exact();
  EXPECT_EQ(found.sizes(), wanted.sizes());
  EXPECT_TRUE(found.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_LE(distance(found, wanted), 5e-6);  // it grows with the root of the channels
  const variable_list gradients = torch::autograd::grad({found}, leaves_, {dy_});
  const variable_list expected = torch::autograd::grad({wanted}, wide_, {dy_.to(at::kDouble)});
  for (size_t i = 0; i < leaves_.size(); ++i) {
    EXPECT_EQ(gradients[i].sizes(), expected[i].sizes()) << i;
    EXPECT_LE(distance(gradients[i], expected[i]), 1e-5) << i;
  }
}

TEST_P(WinogradConv, ShortNumbersAreRoundedOnce) {
  if (cpu_features().amx_bf16) GTEST_SKIP() << "the processor's own bfloat16 products are the faster ones";
  variable_list halves;
  for (Tensor& leaf : leaves_) halves.push_back(leaf.detach().to(at::kBFloat16).requires_grad_(true));
  if (!suits_winograd(halves[0], halves[1], 1, 1))
    GTEST_SKIP() << "a small map: libtorch's way is the faster one";
  const Tensor found = conv2d(halves[0], halves[1], bias_of(halves), 1, 1);
  variable_list wide;
  for (Tensor& half : halves) wide.push_back(half.detach().to(at::kDouble).requires_grad_(true));
  const Tensor bias = bias_of(wide);
  const Tensor wanted =
      at::conv2d(wide[0], wide[1], bias.defined() ? std::optional(bias) : std::nullopt, 1, 1);
  EXPECT_EQ(found.scalar_type(), at::kBFloat16);
  // Eight bits: the deviation of one rounding is 0.29 * 2^-8 of a number at worst.
  EXPECT_LE(distance(found, wanted), 2e-3);
  const variable_list gradients = torch::autograd::grad({found}, halves, {dy_.to(at::kBFloat16)});
  const variable_list expected =
      torch::autograd::grad({wanted}, wide, {dy_.to(at::kBFloat16).to(at::kDouble)});
  for (size_t i = 0; i < 2; ++i) EXPECT_LE(distance(gradients[i], expected[i]), 2e-3) << i;
}

INSTANTIATE_TEST_SUITE_P(Sizes, WinogradConv, ::testing::ValuesIn(kCases));

TEST(WinogradBytes, DependNeitherOnTheBatchNorOnBandsNorThreads) {
  const torch::NoGradGuard no_grad;
  const Case c{6, 30, 21, 64, 64, true};
  at::Generator generator = make_generator(3);
  const Tensor x = picture(c, generator), weight = draw_normal({c.O, c.C, 3, 3}, generator),
               bias = draw_normal({c.O}, generator);
  ASSERT_TRUE(suits_winograd(x, weight, 1, 1));
  const Tensor whole = conv2d(x, weight, bias, 1, 1);
  for (int64_t n = 0; n < c.N; ++n)
    EXPECT_TRUE(conv2d(x.narrow(0, n, 1), weight, bias, 1, 1).equal(whole.narrow(0, n, 1))) << n;
  const double operations = 2.0 * 9 * 64 * 64 * 30 * 21;
  for (const double share : {0.9, 0.34, 0.1}) {
    const MaxOperations few(share * operations);
    EXPECT_TRUE(conv2d(x, weight, bias, 1, 1).equal(whole)) << share;
  }
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    EXPECT_TRUE(conv2d(x, weight, bias, 1, 1).equal(whole)) << count;
  }
  at::set_num_threads(threads);
}

TEST(WinogradBytes, GradientsDoNotDependOnThreads) {
  at::Generator generator = make_generator(5);
  const Tensor x = as_channels_last(draw_normal({9, 64, 20, 16}, generator)).requires_grad_(true);
  const Tensor weight = draw_normal({96, 64, 3, 3}, generator).requires_grad_(true);
  const int threads = at::get_num_threads();
  variable_list first;
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    const variable_list gradients =
        torch::autograd::grad({conv2d(x, weight, {}, 1, 1).square().sum()}, {x, weight});
    if (first.empty()) first = gradients;
    EXPECT_TRUE(gradients[0].equal(first[0]) && gradients[1].equal(first[1])) << count;
  }
  at::set_num_threads(threads);
}

TEST(WinogradGradient, HasAGradientOfItsOwn) {
  at::Generator generator = make_generator(9);
  const Tensor x = as_channels_last(draw_normal({1, 32, 8, 8}, generator)).requires_grad_(true);
  const Tensor weight = draw_normal({32, 32, 3, 3}, generator).requires_grad_(true);
  const auto penalty = [](const Tensor& y, const Tensor& in) {
    return torch::autograd::grad({y.pow(3).sum()}, {in}, {}, true, true)[0].square().sum();
  };
  ASSERT_TRUE(suits_winograd(x, weight, 1, 1));
  const variable_list found = torch::autograd::grad({penalty(conv2d(x, weight, {}, 1, 1), x)}, {x, weight});
  const Tensor x_wide = x.detach().to(at::kDouble).requires_grad_(true);
  const Tensor weight_wide = weight.detach().to(at::kDouble).requires_grad_(true);
  const Tensor wanted = penalty(at::conv2d(x_wide, weight_wide, {}, 1, 1), x_wide);
  const variable_list expected = torch::autograd::grad({wanted}, {x_wide, weight_wide});
  for (size_t i = 0; i < 2; ++i) EXPECT_LE(distance(found[i], expected[i]), 1e-5) << i;
}

TEST(WinogradConvLimits, NotANumberStaysOne) {
  const torch::NoGradGuard no_grad;
  at::Generator generator = make_generator(1);
  const Tensor weight = draw_normal({32, 32, 3, 3}, generator);
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    Tensor x = as_channels_last(draw_normal({1, 32, 16, 16}, generator)).to(dtype);
    x[0][3][5][5] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(conv2d(x, weight.to(dtype), {}, 1, 1)[0][0][5][5].isnan().item<bool>());
  }
}

TEST(WinogradConvLimits, OtherConvolutionsGoTheDirectWay) {
  const auto suits = [](int64_t H, int64_t W, int64_t C, int64_t O, int64_t kernel, int64_t stride,
                        int64_t padding, at::ScalarType dtype = at::kFloat) {
    return suits_winograd(at::full({1, C, H, W}, 1, dtype), at::full({O, C, kernel, kernel}, 1, dtype),
                          stride, padding);
  };
  EXPECT_TRUE(suits(8, 8, 32, 32, 3, 1, 1));
  EXPECT_EQ(suits(16, 16, 32, 32, 3, 1, 1, at::kBFloat16), !cpu_features().amx_bf16);
  EXPECT_FALSE(suits(8, 8, 32, 32, 3, 1, 1, at::kBFloat16)) << "few tiles of short numbers";
  EXPECT_FALSE(suits(8, 8, 32, 32, 3, 2, 1)) << "stride";
  EXPECT_FALSE(suits(8, 8, 32, 32, 1, 1, 0)) << "kernel";
  EXPECT_FALSE(suits(8, 8, 3, 32, 3, 1, 1)) << "channels";
  EXPECT_FALSE(suits(8, 8, 32, 4, 3, 1, 1)) << "outputs";
  EXPECT_FALSE(suits(4, 4, 32, 32, 3, 1, 1)) << "one tile";
  EXPECT_FALSE(suits(5, 5, 32, 32, 3, 1, 1)) << "tiles that are mostly empty";
  EXPECT_TRUE(suits(10, 18, 1280, 1280, 3, 1, 1));
  EXPECT_FALSE(suits(8, 8, 1280, 1280, 3, 1, 1))
      << "a kernel whose transform costs more than so few tiles save";
  EXPECT_FALSE(suits(10, 18, 2560, 1280, 3, 1, 1)) << "a kernel whose transform is large";
  EXPECT_FALSE(suits(40, 72, 1280, 1280, 3, 1, 1, at::kBFloat16)) << "the same, of short numbers";
  EXPECT_FALSE(suits(8, 8, 32, 32, 3, 1, 1, at::kDouble)) << "type";
}

}  // namespace
}  // namespace sfv::ops
