#include "sfv/ops/video_norm.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/var_mean.h>

#include <algorithm>

#include "sfv/core/trace.h"
#include "sfv/core/work.h"
#include "sfv/ops/cost.h"
#include "sfv/ops/cpu/group_norm_kernel.h"
#include "sfv/ops/own_kernels.h"
#include "sfv/ops/shape_only.h"
#include "sfv/tensor/layout.h"

namespace sfv::ops {
namespace {

using Values = std::vector<double>;

// Whether each frame of x is one run of pixels in memory, in numbers that the kernel takes.
bool suits_kernel(const torch::Tensor& x) {
  const bool is_run = x.stride(1) == 1 && x.stride(3) == x.size(1) && x.stride(2) == x.size(3) * x.size(1);
  return x.is_cpu() && is_run && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

cpu::GroupNormSizes sizes_of(const torch::Tensor& x, int64_t groups) {
  return {.pictures = x.size(0),
          .pixels = x.size(2) * x.size(3),
          .channels = x.size(1),
          .groups = groups,
          .x_step = x.stride(0)};
}

// Of every frame's groups, [N, G] each.
void frame_moments(const torch::Tensor& x, int64_t groups, Values& mean, Values& variance) {
  if (suits_kernel(x)) {
    with_numbers(x, [&](const auto& of) {
      cpu::group_moments(sizes_of(x, groups), of(x), mean.data(), variance.data());
    });
    return;
  }
  const torch::Tensor values =
      as_nhwc(x).to(at::kFloat).view({x.size(0), x.size(2) * x.size(3), groups, x.size(1) / groups});
  const auto [v, m] = at::var_mean(values, std::vector<int64_t>{1, 3}, /*unbiased=*/false);
  const torch::Tensor v64 = v.to(at::kCPU, at::kDouble).contiguous();
  const torch::Tensor m64 = m.to(at::kCPU, at::kDouble).contiguous();
  std::copy_n(m64.const_data_ptr<double>(), mean.size(), mean.data());
  std::copy_n(v64.const_data_ptr<double>(), variance.size(), variance.data());
}

// [N, G] float32 numbers, each of a channel's group as [N, C, 1, 1].
torch::Tensor per_channel(const torch::Tensor& x, int64_t C) {
  return x.repeat_interleave(C / x.size(1), 1).unsqueeze(2).unsqueeze(3);
}

}  // namespace

void VideoNorm::add(const torch::Tensor& x) {
  const TraceSpan span(TraceKind::kOperator, "group_norm");
  count_work(0.5 * kNormCost * static_cast<double>(x.numel()));
  if (x.is_meta()) return;
  const auto N = static_cast<size_t>(x.size(0)), F = static_cast<size_t>(frames_);
  const auto G = static_cast<size_t>(groups_);
  moments_.resize(N / F * G);
  Values mean(N * G), variance(N * G);
  frame_moments(x, groups_, mean, variance);
  const double added = static_cast<double>(x.numel()) / static_cast<double>(N * G);
  for (size_t i = 0; i < N * G; ++i) {
    // Two sets of numbers joined (Chan, Golub, LeVeque).
    Moments& m = moments_[i / (F * G) * G + i % G];
    const double away = mean[i] - m.mean, count = m.count + added;
    m.square += variance[i] * added + away * away * m.count * added / count;
    m.mean += away * added / count;
    m.count = count;
  }
}

torch::Tensor VideoNorm::normalise(const torch::Tensor& x, const torch::Tensor& weight,
                                   const torch::Tensor& bias, double eps, Activation activation) const {
  const TraceSpan span(TraceKind::kOperator, "group_norm");
  count_work(0.5 * kNormCost * static_cast<double>(x.numel()));
  const int64_t N = x.size(0), C = x.size(1);
  if (x.is_meta())
    return shape_only({x, weight, bias}, x.sizes(), x.scalar_type(), at::MemoryFormat::ChannelsLast);
  const torch::Tensor mean = at::empty({N, groups_}, at::kFloat), rstd = at::empty({N, groups_}, at::kFloat);
  for (int64_t i = 0; i < N * groups_; ++i) {
    const Moments& m = moments_[static_cast<size_t>(i / (frames_ * groups_) * groups_ + i % groups_)];
    mean.mutable_data_ptr<float>()[i] = static_cast<float>(m.mean);
    rstd.mutable_data_ptr<float>()[i] = cpu::group_rstd(m.square / m.count, eps);
  }
  const bool silu = activation == Activation::kSilu;
  if (suits_kernel(x)) {
    const torch::Tensor w = weight.to(at::kFloat), b = bias.to(at::kFloat);
    torch::Tensor y = at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast);
    with_numbers(x, [&](const auto& of) {
      cpu::group_norm_apply(sizes_of(x, groups_), of(x), mean.const_data_ptr<float>(),
                            rstd.const_data_ptr<float>(), w.const_data_ptr<float>(),
                            b.const_data_ptr<float>(), silu, of(y));
    });
    return y;
  }
  const auto on_device = [&](const torch::Tensor& t) { return t.to(x.device(), at::kFloat); };
  const torch::Tensor scale = per_channel(on_device(rstd), C) * on_device(weight).view({1, C, 1, 1});
  torch::Tensor y = (x.to(at::kFloat) - per_channel(on_device(mean), C)) * scale;
  y.add_(on_device(bias).view({1, C, 1, 1}));
  if (silu) at::silu_(y);
  return as_channels_last(y.to(x.scalar_type()));
}

}  // namespace sfv::ops
