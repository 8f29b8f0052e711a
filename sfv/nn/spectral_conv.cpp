#include "sfv/nn/spectral_conv.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/randn.h>

#include <cmath>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/ops/conv.h"
#include "sfv/tensor/parameter.h"

namespace sfv::nn {
namespace {

constexpr double kEps = 1e-12;        // torch.nn.utils.spectral_norm's
constexpr int kFirstIterations = 15;  // of torch.nn.utils.parametrizations.spectral_norm

torch::Tensor normalised(const torch::Tensor& x) {
  return x / at::linalg_vector_norm(x).clamp_min(kEps);
}

torch::Tensor uniform(at::IntArrayRef shape, double bound, at::Generator& generator) {
  return at::empty(shape, at::kFloat).uniform_(-bound, bound, generator);
}

}  // namespace

SpectralConvImpl::SpectralConvImpl(const SpectralConvOptions& options) : options_(options) {
  const int64_t in = options.in_channels, out = options.out_channels, k = options.kernel;
  SFV_CHECK(in >= 1 && out >= 1 && k >= 1 && k % 2 == 1, kInvalidArgument,
            "[SpectralConv] expected channels of at least 1 and an odd kernel, got ", in, " to ", out,
            " channels and kernel ", k);
  const std::vector<int64_t> shape =
      options.over_time ? std::vector<int64_t>{out, in, k, 1, 1} : std::vector<int64_t>{out, in, k, k};
  weight = register_parameter("weight", make_parameter(shape));
  bias = register_parameter("bias", make_parameter({out}));
  u = register_buffer("u", make_parameter({out}));
  v = register_buffer("v", make_parameter({weight.numel() / out}));
}

void SpectralConvImpl::initialise(at::Generator& generator) {
  const torch::NoGradGuard no_grad;
  const double bound = 1 / std::sqrt(static_cast<double>(weight.numel() / weight.size(0)));
  weight.set_data(uniform(weight.sizes(), bound, generator).to(weight.options()));
  bias.set_data(uniform(bias.sizes(), bound, generator).to(bias.options()));
  u.set_data(normalised(at::randn(u.sizes(), generator, at::kFloat)).to(u.options()));
  v.set_data(normalised(at::randn(v.sizes(), generator, at::kFloat)).to(v.options()));
  for (int i = 0; i < kFirstIterations; ++i) update_spectral_norm();
}

void SpectralConvImpl::update_spectral_norm() {
  const torch::NoGradGuard no_grad;
  const torch::Tensor matrix = weight.flatten(1).to(u.scalar_type());
  v.copy_(normalised(matrix.t().mv(u)));
  u.copy_(normalised(matrix.mv(v)));
}

torch::Tensor SpectralConvImpl::forward(const torch::Tensor& x, int64_t frames) const {
  // (u outer v) . W: element by element, so the norm is float32 whatever products are computed in.
  const torch::Tensor norm = (weight.flatten(1) * v).sum(1).mul(u).sum();
  const torch::Tensor normed = weight / norm;
  return options_.over_time ? ops::temporal_conv(x, frames, normed, bias)
                            : ops::conv2d(x, normed, bias, 1, options_.kernel / 2);
}

}  // namespace sfv::nn
