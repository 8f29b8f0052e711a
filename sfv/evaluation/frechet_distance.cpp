// The distance that FID and FVD take between two sets of features, each summed up as a Gaussian.
#include "sfv/evaluation/frechet_distance.h"

#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_svdvals.h>

#include <algorithm>

#include "sfv/core/check.h"
#include "sfv/tensor/finite.h"

namespace sfv::evaluation {
namespace {

// L with L L^T = S, from the eigenvectors of a positive semi-definite matrix; rounding's negative eigenvalues
// are zero.
torch::Tensor root(const torch::Tensor& covariance) {
  const auto [values, vectors] = at::linalg_eigh(covariance);
  return vectors * values.clamp_min(0).sqrt().unsqueeze(0);
}

}  // namespace

FeatureMoments feature_moments(const torch::Tensor& features, Covariance covariance) {
  SFV_CHECK(features.dim() == 2 && features.size(0) >= 2 && features.size(1) >= 1, kInvalidArgument,
            "[frechet] expected features [N, D] of at least two clips, got ", features.sizes());
  const torch::Tensor x = features.to(at::kCPU, at::kDouble);
  check_finite(x, "features");
  const int64_t N = x.size(0);
  const torch::Tensor mean = x.mean(0);
  const torch::Tensor centered = x - mean;
  const auto divisor = static_cast<double>(covariance == Covariance::kBiased ? N : N - 1);
  return {mean, centered.t().matmul(centered) / divisor, N};
}

double frechet_distance(const FeatureMoments& a, const FeatureMoments& b) {
  SFV_CHECK(a.mean.size(0) == b.mean.size(0), kInvalidArgument,
            "[frechet] expected features of equal dimensions, got ", a.mean.size(0), " and ", b.mean.size(0));
  const double shift = (a.mean - b.mean).square().sum().item<double>();
  const double traces = a.covariance.trace().item<double>() + b.covariance.trace().item<double>();
  const torch::Tensor product = root(a.covariance).t().matmul(root(b.covariance));
  const double root_trace = at::linalg_svdvals(product).sum().item<double>();
  return std::max(shift + traces - 2 * root_trace, 0.0);
}

}  // namespace sfv::evaluation
