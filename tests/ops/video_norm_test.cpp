// Norms over a video that is never there at once, beside the whole.
#include "sfv/ops/video_norm.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "sfv/tensor/layout.h"
#include "sfv/tensor/random.h"

namespace sfv::ops {
namespace {

constexpr int64_t kFrames = 3, kGroups = 4;
constexpr double kEps = 1e-5;

// Type, rows a part, mean of the numbers.
using Case = std::tuple<at::ScalarType, int64_t, double>;

class VideoNormParts : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    at::Generator generator = make_generator(3);
    const auto [dtype, rows, mean] = GetParam();
    x_ = as_channels_last((draw_normal({2 * kFrames, 8, 7, 5}, generator) + mean).to(dtype));
    weight_ = draw_normal({8}, generator).to(dtype);
    bias_ = draw_normal({8}, generator).to(dtype);
  }

  [[nodiscard]] std::vector<torch::Tensor> parts() const {
    std::vector<torch::Tensor> result;
    const int64_t rows = std::get<1>(GetParam());
    for (int64_t begin = 0; begin < x_.size(2); begin += rows)
      result.push_back(x_.narrow(2, begin, std::min(rows, x_.size(2) - begin)));
    return result;
  }

  [[nodiscard]] torch::Tensor in_parts(Activation activation) const {
    VideoNorm norm(kFrames, kGroups);
    for (const torch::Tensor& part : parts()) norm.add(part);
    std::vector<torch::Tensor> results;
    for (const torch::Tensor& part : parts())
      results.push_back(norm.normalise(part, weight_, bias_, kEps, activation));
    return at::cat(results, 2);
  }

  const torch::NoGradGuard no_grad_;
  torch::Tensor x_, weight_, bias_;
};

TEST_P(VideoNormParts, GiveWhatTheWholeGives) {
  const bool is_short = std::get<0>(GetParam()) != at::kFloat;
  for (const Activation activation : {Activation::kNone, Activation::kSilu}) {
    const torch::Tensor whole =
        temporal_group_norm(x_.to(at::kDouble), kFrames, kGroups, weight_.to(at::kDouble),
                            bias_.to(at::kDouble), kEps, activation);
    const torch::Tensor y = in_parts(activation);
    EXPECT_EQ(y.scalar_type(), x_.scalar_type());
    const double worst = (y.to(at::kDouble) - whole).abs().max().item<double>();
    EXPECT_LT(worst, is_short ? 3e-2 : 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, VideoNormParts,
                         ::testing::Combine(::testing::Values(at::kFloat, at::kBFloat16, at::kHalf),
                                            ::testing::Values(int64_t{1}, int64_t{3}, int64_t{7}),
                                            ::testing::Values(0.0, 4.0)));

TEST(VideoNorm, LeavesAMeanThatIsFarAwayExact) {
  const torch::NoGradGuard no_grad;
  at::Generator generator = make_generator(4);
  const torch::Tensor x = as_channels_last(draw_normal({2, 4, 8, 6}, generator) + 1000);
  const torch::Tensor one = at::ones({4}, at::kFloat), zero = at::zeros({4}, at::kFloat);
  VideoNorm norm(2, 2);
  norm.add(x.narrow(2, 0, 3));
  norm.add(x.narrow(2, 3, 5));
  const torch::Tensor whole = temporal_group_norm(x.to(at::kDouble), 2, 2, one.to(at::kDouble),
                                                  zero.to(at::kDouble), kEps, Activation::kNone);
  const torch::Tensor y = norm.normalise(x, one, zero, kEps, Activation::kNone);
  EXPECT_LT((y.to(at::kDouble) - whole).abs().max().item<double>(), 2e-4)
      << "a float of 1000 has steps of 6e-5";
}

TEST(VideoNorm, LetsNaNThrough) {
  const torch::NoGradGuard no_grad;
  torch::Tensor x = at::zeros({2, 4, 2, 2}, at::TensorOptions().dtype(at::kFloat))
                        .contiguous(at::MemoryFormat::ChannelsLast);
  x.fill_(1);
  x[0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  const torch::Tensor one = at::ones({4}, at::kFloat);
  VideoNorm norm(2, 2);
  norm.add(x);
  const torch::Tensor y = norm.normalise(x, one, one, kEps, Activation::kSilu);
  EXPECT_TRUE(y[1][0].isnan().all().item<bool>()) << "the same group in another frame";
  EXPECT_FALSE(y[1][3].isnan().any().item<bool>()) << "another group";
}

}  // namespace
}  // namespace sfv::ops
