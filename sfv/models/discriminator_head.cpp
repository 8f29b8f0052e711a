#include "sfv/models/discriminator_head.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "sfv/core/check.h"
#include "sfv/tensor/layout.h"
#include "sfv/tensor/mixed_precision.h"

namespace sfv::models {
namespace {

constexpr double kSlope = 0.2;     // StyleGAN-T
constexpr double kNormEps = 1e-5;  // torch.nn.GroupNorm's, StyleGAN-T's
constexpr int64_t kNormGroups = 32;

}  // namespace

DiscriminatorHeadImpl::DiscriminatorHeadImpl(const DiscriminatorHeadOptions& o) : options_(o) {
  const int64_t width = o.width == 0 ? o.channels : o.width;
  const bool is_conditional = o.embedding_dim > 0;
  SFV_CHECK(o.channels >= 1 && width >= 1 && o.embedding_dim >= 0 && o.projection_dim >= 1, kInvalidArgument,
            "[DiscriminatorHead] expected channels of at least 1, got ", o.channels, ", width ", width,
            ", projection ", o.projection_dim);
  const auto conv = [&](int64_t in, int64_t out, int64_t kernel) {
    return nn::SpectralConv(nn::SpectralConvOptions{
        .in_channels = in, .out_channels = out, .kernel = kernel, .over_time = o.over_time});
  };
  conv_in_ = register_module("conv_in", conv(o.channels, width, o.kernel));
  conv_residual_ = register_module("conv_residual", conv(width, width, o.residual_kernel));
  conv_out_ = register_module("conv_out", conv(width, is_conditional ? o.projection_dim : 1, 1));
  if (o.norm == DiscriminatorNorm::kGroup) {
    SFV_CHECK(width % kNormGroups == 0, kInvalidArgument, "[DiscriminatorHead] expected a width that ",
              kNormGroups, " divides, got ", width);
    group_norm_in_ = register_module("norm_in", nn::GroupNorm(width, kNormEps));
    group_norm_residual_ = register_module("norm_residual", nn::GroupNorm(width, kNormEps));
  } else {
    batch_norm_in_ = register_module("norm_in", nn::BatchNormLocal(width, kNormEps));
    batch_norm_residual_ = register_module("norm_residual", nn::BatchNormLocal(width, kNormEps));
  }
  if (is_conditional)
    projection_ = register_module("projection", nn::Linear(o.embedding_dim, o.projection_dim));
}

void initialise_linear(nn::LinearImpl& linear, at::Generator& generator) {
  const double bound = 1 / std::sqrt(static_cast<double>(linear.weight.size(1)));
  for (torch::Tensor* tensor : {&linear.weight, &linear.bias}) {
    tensor->set_data(
        at::empty(tensor->sizes(), at::kFloat).uniform_(-bound, bound, generator).to(tensor->options()));
  }
}

void DiscriminatorHeadImpl::initialise(at::Generator& generator) {
  for (nn::SpectralConv* conv : {&conv_in_, &conv_residual_, &conv_out_}) (*conv)->initialise(generator);
  for (const char* norm : {"norm_in", "norm_residual"}) {
    for (auto& item : named_children()[norm]->named_parameters()) {
      torch::Tensor& tensor = item.value();
      tensor.set_data(item.key() == "weight" ? at::ones(tensor.sizes(), tensor.options())
                                             : at::zeros(tensor.sizes(), tensor.options()));
    }
  }
  if (projection_) initialise_linear(*projection_, generator);
}

void DiscriminatorHeadImpl::update_spectral_norm() {
  for (nn::SpectralConv* conv : {&conv_in_, &conv_residual_, &conv_out_}) (*conv)->update_spectral_norm();
}

torch::Tensor DiscriminatorHeadImpl::normalise(size_t which, const torch::Tensor& x, int64_t frames) {
  constexpr auto kNone = ops::Activation::kNone;
  torch::Tensor y;
  if (options_.norm == DiscriminatorNorm::kGroup) {
    const auto& norm = which == 0 ? group_norm_in_ : group_norm_residual_;
    y = options_.over_time ? norm->forward_video(x, frames, kNone) : norm->forward(x, kNone);
  } else {
    const auto& norm = which == 0 ? batch_norm_in_ : batch_norm_residual_;
    y = options_.over_time ? norm->forward_video(x, frames) : norm->forward(x);
  }
  return at::leaky_relu(y, kSlope);
}

torch::Tensor DiscriminatorHeadImpl::forward(const torch::Tensor& x, int64_t frames,
                                             const torch::Tensor& embedding) {
  const int64_t N = x.size(0), H = x.size(2), W = x.size(3);
  torch::Tensor h =
      normalise(0, conv_in_(is_mixed() ? x : x.to(conv_in_->weight.scalar_type()), frames), frames);
  h = (normalise(1, conv_residual_(h, frames), frames) + h) * std::sqrt(0.5);
  torch::Tensor o = as_nhwc(conv_out_(h, frames)).view({N, H * W, -1});
  if (o.scalar_type() != at::kDouble) o = o.to(at::kFloat);
  if (projection_) {
    const torch::Tensor p = projection_(embedding).to(o.scalar_type()).unsqueeze(1);  // [(B F), 1, P]
    o = (o * p).sum(2) / std::sqrt(static_cast<double>(options_.projection_dim));
  }
  return o.view({N / frames, frames, H, W});
}

}  // namespace sfv::models
