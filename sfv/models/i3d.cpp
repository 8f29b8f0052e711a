// I3D, arranged for the CPU: activations are channels-last, so that a 1x1x1 convolution is one matrix
// product; the normalisation is folded into the kernels; the three 1x1x1 convolutions that read a module's
// input are one product; maxima are taken axis by axis.
#include "sfv/models/i3d.h"

#include <ATen/Context.h>
#include <ATen/ops/avg_pool3d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mkldnn_convolution.h>

#include <algorithm>
#include <string>

#include "sfv/core/check.h"
#include "sfv/core/rounding.h"
#include "sfv/tensor/parameter.h"

namespace sfv::models {
namespace {

constexpr double kEps = 1e-5;  // of the port's BatchNorm3d
constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast3d;

// What TensorFlow's "same" padding puts before and after `size` places.
struct Padding {
  int64_t front = 0;
  int64_t back = 0;
};
Padding same_padding(int64_t size, int64_t kernel, int64_t stride) {
  const int64_t all = std::max(kernel - (size % stride == 0 ? stride : size % stride), int64_t{0});
  return {all / 2, all - all / 2};
}

torch::Tensor convolve(const torch::Tensor& x, const Unit3dImpl::Folded& conv, int64_t stride,
                       int64_t padding) {
  const std::vector<int64_t> strides(3, stride), paddings(3, padding), dilations(3, 1);
  // at::conv3d takes a slower way for a batch of one.
  if (at::hasMKLDNN() && x.is_cpu() && x.scalar_type() == at::kFloat)
    return at::mkldnn_convolution(x, conv.kernel, conv.bias, paddings, strides, dilations, 1).relu_();
  return at::conv3d(x, conv.kernel, conv.bias, strides, paddings).relu_();
}

// 1x1x1: a matrix product over the channels, which lie next to each other.
torch::Tensor mix_channels(const torch::Tensor& x, const Unit3dImpl::Folded& conv) {
  return at::linear(x.permute({0, 2, 3, 4, 1}), conv.kernel.flatten(1), conv.bias).permute({0, 4, 1, 2, 3});
}

torch::Tensor convolve_3x3x3(const torch::Tensor& x, const Unit3d& unit) {
  return convolve(x.contiguous(kChannelsLast), unit->fold(), 1, 1);
}

// Maxima along one axis with "same" padding of zeros, which never win, since x >= 0 after ReLU.
torch::Tensor max_along(const torch::Tensor& x, int64_t axis, int64_t kernel, int64_t stride) {
  if (kernel == 1 && stride == 1) return x;
  const int64_t size = x.size(axis), count = quotient_up(size, stride);
  const int64_t front = same_padding(size, kernel, stride).front;
  // Place o sees o * stride + offset. Offset 0 exists for every place, the others for all but those at an
  // end.
  torch::Tensor out = x.slice(axis, 0, size, stride).clone(at::MemoryFormat::Preserve);
  for (int64_t tap = 0; tap < kernel; ++tap) {
    const int64_t offset = tap - front;
    if (offset == 0) continue;
    const int64_t first = offset < 0 ? (stride - 1 - offset) / stride : 0;
    const int64_t last = std::min((size - 1 - offset) / stride, count - 1);
    if (last < first) continue;
    torch::Tensor part = out.slice(axis, first, last + 1);
    const int64_t begin = first * stride + offset;
    at::maximum_out(part, part, x.slice(axis, begin, last * stride + offset + 1, stride));
  }
  return out;
}

// x: [N, C, T, H, W], >= 0.
torch::Tensor max_pool(const torch::Tensor& x, int64_t kernel_t, int64_t kernel, int64_t stride_t,
                       int64_t stride) {
  return max_along(max_along(max_along(x, 4, kernel, stride), 3, kernel, stride), 2, kernel_t, stride_t);
}

}  // namespace

Unit3dImpl::Unit3dImpl(int64_t in_channels, int64_t out_channels, Options options) {
  const int64_t k = options.kernel;
  auto conv = std::make_shared<torch::nn::Module>();
  kernel_ = conv->register_parameter("weight", make_parameter({out_channels, in_channels, k, k, k}), false);
  if (options.is_normalized) {
    auto norm = std::make_shared<torch::nn::Module>();
    const auto add = [&](const char* name) {
      return norm->register_parameter(name, make_parameter({out_channels}), false);
    };
    scale_ = add("weight");
    shift_ = add("bias");
    running_mean_ = add("running_mean");
    running_var_ = add("running_var");
    register_module("bn", norm);
  } else {
    bias_ = conv->register_parameter("bias", make_parameter({out_channels}), false);
  }
  register_module("conv3d", conv);
}

Unit3dImpl::Folded Unit3dImpl::fold() const {
  if (!scale_.defined()) return {kernel_, bias_};
  const torch::Tensor factor = scale_ / (running_var_ + kEps).sqrt();  // [out]
  return {kernel_ * factor.view({-1, 1, 1, 1, 1}), shift_ - running_mean_ * factor};
}

InceptionModuleImpl::InceptionModuleImpl(int64_t in_channels, const std::array<int64_t, 6>& widths)
    : b0_(in_channels, widths[0], Unit3dImpl::Options{}),
      b1a_(in_channels, widths[1], Unit3dImpl::Options{}),
      b1b_(widths[1], widths[2], Unit3dImpl::Options{.kernel = 3}),
      b2a_(in_channels, widths[3], Unit3dImpl::Options{}),
      b2b_(widths[3], widths[4], Unit3dImpl::Options{.kernel = 3}),
      b3b_(in_channels, widths[5], Unit3dImpl::Options{}) {
  register_module("b0", b0_);
  register_module("b1a", b1a_);
  register_module("b1b", b1b_);
  register_module("b2a", b2a_);
  register_module("b2b", b2b_);
  register_module("b3b", b3b_);
}

torch::Tensor InceptionModuleImpl::forward(const torch::Tensor& x) const {
  const Unit3dImpl::Folded f0 = b0_->fold(), f1 = b1a_->fold(), f2 = b2a_->fold();
  const torch::Tensor joined =
      mix_channels(x, {at::cat({f0.kernel, f1.kernel, f2.kernel}), at::cat({f0.bias, f1.bias, f2.bias})})
          .relu_();
  const auto parts = joined.split_with_sizes({f0.bias.size(0), f1.bias.size(0), f2.bias.size(0)}, 1);
  return at::cat({parts[0], convolve_3x3x3(parts[1], b1b_), convolve_3x3x3(parts[2], b2b_),
                  mix_channels(max_pool(x, 3, 3, 1, 1), b3b_->fold()).relu_()},
                 1);
}

InceptionI3dImpl::InceptionI3dImpl()
    : conv_1a_(3, 64, Unit3dImpl::Options{.kernel = 7}),
      conv_2b_(64, 64, Unit3dImpl::Options{}),
      conv_2c_(64, 192, Unit3dImpl::Options{.kernel = 3}),
      logits_(1024, kLogits, Unit3dImpl::Options{.is_normalized = false}) {
  register_module("Conv3d_1a_7x7", conv_1a_);
  register_module("Conv3d_2b_1x1", conv_2b_);
  register_module("Conv3d_2c_3x3", conv_2c_);
  int64_t channels = 192;
  const auto add = [&](std::vector<InceptionModule>& stage, const char* name,
                       const std::array<int64_t, 6>& widths) {
    stage.push_back(register_module(name, InceptionModule(channels, widths)));
    channels = widths[0] + widths[2] + widths[4] + widths[5];
  };
  add(mixed_3_, "Mixed_3b", {64, 96, 128, 16, 32, 32});
  add(mixed_3_, "Mixed_3c", {128, 128, 192, 32, 96, 64});
  add(mixed_4_, "Mixed_4b", {192, 96, 208, 16, 48, 64});
  add(mixed_4_, "Mixed_4c", {160, 112, 224, 24, 64, 64});
  add(mixed_4_, "Mixed_4d", {128, 128, 256, 24, 64, 64});
  add(mixed_4_, "Mixed_4e", {112, 144, 288, 32, 64, 64});
  add(mixed_4_, "Mixed_4f", {256, 160, 320, 32, 128, 128});
  add(mixed_5_, "Mixed_5b", {256, 160, 320, 32, 128, 128});
  add(mixed_5_, "Mixed_5c", {384, 192, 384, 48, 128, 128});
  register_module("logits", logits_);
}

torch::Tensor InceptionI3dImpl::forward(const torch::Tensor& input) {
  SFV_CHECK(input.dim() == 5 && input.size(1) == 3 && input.size(2) >= kMinFrames && input.size(3) == kSide &&
                input.size(4) == kSide,
            kInvalidArgument, "[I3D] expected clips [N, 3, T, ", kSide, ", ", kSide, "], T >= ", kMinFrames,
            ", got ", input.sizes());
  const torch::NoGradGuard no_grad;
  const Padding place = same_padding(kSide, 7, 2), time = same_padding(input.size(2), 7, 2);
  torch::Tensor x = at::constant_pad_nd(
      input, {place.front, place.back, place.front, place.back, time.front, time.back}, 0);
  x = convolve(x.contiguous(kChannelsLast), conv_1a_->fold(), 2, 0);
  x = max_pool(x, 1, 3, 1, 2);
  x = convolve_3x3x3(mix_channels(x, conv_2b_->fold()).relu_(), conv_2c_);
  x = max_pool(x, 1, 3, 1, 2);
  for (const InceptionModule& module : mixed_3_) x = module->forward(x);
  x = max_pool(x, 3, 3, 2, 2);
  for (const InceptionModule& module : mixed_4_) x = module->forward(x);
  x = max_pool(x, 2, 2, 2, 2);
  for (const InceptionModule& module : mixed_5_) x = module->forward(x);
  x = at::avg_pool3d(x, {2, 7, 7}, {1, 1, 1});  // [N, 1024, T', 1, 1]
  return mix_channels(x, logits_->fold()).mean({2, 3, 4});
}

}  // namespace sfv::models
