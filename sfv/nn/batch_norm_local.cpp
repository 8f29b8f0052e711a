#include "sfv/nn/batch_norm_local.h"

#include <ATen/ops/rsqrt.h>

#include <algorithm>
#include <vector>

#include "sfv/tensor/layout.h"
#include "sfv/tensor/parameter.h"

namespace sfv::nn {
namespace {

constexpr int64_t kGroup = 8;  // StyleGAN-T's virtual batch

int64_t group_size(int64_t count) {
  int64_t size = std::min(kGroup, count);
  while (count % size != 0) --size;
  return size;
}

// Of short numbers in float32, as which they come out.
torch::Tensor normalised(const torch::Tensor& given, at::IntArrayRef dims, double eps) {
  const torch::Tensor x = given.scalar_type() == at::kDouble ? given : given.to(at::kFloat);
  const torch::Tensor centred = x - x.mean(dims, true);
  return centred * at::rsqrt(centred.square().mean(dims, true) + eps);
}

}  // namespace

BatchNormLocalImpl::BatchNormLocalImpl(int64_t channels, double eps) : eps_(eps) {
  weight = register_parameter("weight", make_parameter({channels}));
  bias = register_parameter("bias", make_parameter({channels}));
}

torch::Tensor BatchNormLocalImpl::forward(const torch::Tensor& x) const {
  const int64_t N = x.size(0), C = x.size(1), H = x.size(2), W = x.size(3);
  const int64_t members = group_size(N);
  const torch::Tensor groups = as_nhwc(x).view({N / members, members * H * W, C});
  const torch::Tensor y = (normalised(groups, {1}, eps_) * weight + bias).to(x.scalar_type());
  return y.view({N, H, W, C}).permute({0, 3, 1, 2});
}

torch::Tensor BatchNormLocalImpl::forward_video(const torch::Tensor& x, int64_t frames) const {
  const int64_t N = x.size(0), C = x.size(1), H = x.size(2), W = x.size(3);
  const int64_t members = group_size(H * W);
  const torch::Tensor groups = as_nhwc(x).view({N / frames, frames, H * W / members, members, C});
  const torch::Tensor y = (normalised(groups, {1, 3}, eps_) * weight + bias).to(x.scalar_type());
  return y.view({N, H, W, C}).permute({0, 3, 1, 2});
}

}  // namespace sfv::nn
