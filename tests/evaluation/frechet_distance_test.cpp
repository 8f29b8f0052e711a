#include "sfv/evaluation/frechet_distance.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sfv/checkpoint/weights.h"
#include "sfv/tensor/random.h"
#include "tests/error_of.h"

namespace sfv::evaluation {
namespace {

torch::Tensor draw(at::IntArrayRef shape, uint64_t seed) {
  at::Generator generator = make_generator(seed);
  return draw_normal(shape, generator).to(at::kDouble);
}

double distance(const torch::Tensor& a, const torch::Tensor& b, Covariance covariance = Covariance::kBiased) {
  return frechet_distance(feature_moments(a, covariance), feature_moments(b, covariance));
}

double covariance_trace(const torch::Tensor& a) {
  return feature_moments(a, Covariance::kBiased).covariance.trace().item<double>();
}

TEST(FrechetDistance, IsNothingForEqualSetsAlsoOfFewerVectorsThanDimensions) {
  for (const auto& [N, D] : {std::pair<int64_t, int64_t>{500, 32}, {20, 128}, {2, 400}}) {
    const torch::Tensor x = draw({N, D}, 1) * 10 + 3;
    EXPECT_LE(distance(x, x), 1e-9 * covariance_trace(x)) << N << " " << D;
  }
}

TEST(FrechetDistance, OfAShiftIsItsSquaredLength) {
  const torch::Tensor x = draw({100, 24}, 2), v = draw({24}, 3);
  EXPECT_NEAR(distance(x, x + v), v.square().sum().item<double>(), 1e-9 * covariance_trace(x));
}

TEST(FrechetDistance, OfDiagonalGaussiansHasAClosedForm) {
  const torch::Tensor s1 = draw({16}, 4).abs() + 0.1, s2 = draw({16}, 5).abs() + 0.1;
  const FeatureMoments a{at::zeros({16}, at::kDouble), s1.square().diag(), 100};
  const FeatureMoments b{at::full({16}, 0.5, at::kDouble), s2.square().diag(), 100};
  const double expected = 16 * 0.25 + (s1 - s2).square().sum().item<double>();
  EXPECT_NEAR(frechet_distance(a, b), expected, 1e-12 * expected);
}

TEST(FrechetDistance, IsTheSameAfterARotationOfBoth) {
  const torch::Tensor a = draw({40, 64}, 6), b = draw({50, 64}, 7) * 2;
  const torch::Tensor rotation = std::get<0>(at::linalg_qr(draw({64, 64}, 8)));
  const double before = distance(a, b);
  EXPECT_NEAR(distance(a.matmul(rotation), b.matmul(rotation)), before, 1e-10 * before);
}

TEST(FrechetDistance, IsSymmetricAndPositive) {
  const torch::Tensor a = draw({30, 8}, 9), b = draw({30, 8}, 10);
  EXPECT_GT(distance(a, b), 0);
  EXPECT_NEAR(distance(a, b), distance(b, a), 1e-12);
}

TEST(FrechetDistance, EqualsScipysSquareRoot) {
  const auto file =
      io::SafetensorsFile::open(std::string(SFV_SOURCE_DIR) + "/tests/golden/evaluation/frechet.safetensors");
  const checkpoint::Weights tensors = checkpoint::read_weights({file});
  const torch::Tensor a = checkpoint::as_tensor(tensors.at("a")), b = checkpoint::as_tensor(tensors.at("b"));
  const double biased = std::stod(file->metadata().at("biased"));
  const double unbiased = std::stod(file->metadata().at("unbiased"));
  ASSERT_NE(biased, unbiased);
  EXPECT_NEAR(distance(a, b, Covariance::kBiased), biased, 1e-6 * biased);
  EXPECT_NEAR(distance(a, b, Covariance::kUnbiased), unbiased, 1e-6 * unbiased);
}

TEST(FrechetDistance, RefusesWhatItCannotCompare) {
  EXPECT_EQ(error_of([] {
              (void)feature_moments(draw({1, 4}, 1), Covariance::kBiased);
            }).code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([] {
              (void)distance(draw({9, 4}, 1), draw({9, 5}, 1));
            }).code(),
            ErrorCode::kInvalidArgument);
  torch::Tensor broken = draw({9, 4}, 1);
  broken[3][2] = std::nan("");
  EXPECT_EQ(error_of([&] { (void)feature_moments(broken, Covariance::kBiased); }).code(),
            ErrorCode::kNotFinite);
}

}  // namespace
}  // namespace sfv::evaluation
