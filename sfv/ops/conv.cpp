// Convolutions as the blocks call them: counted, channels-last, large ones in pieces.
#include "sfv/ops/conv.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/upsample_nearest2d.h>

#include "sfv/core/rounding.h"
#include "sfv/core/trace.h"
#include "sfv/core/work.h"
#include "sfv/ops/cpu/winograd_kernel.h"
#include "sfv/ops/shape_only.h"
#include "sfv/ops/split.h"
#include "sfv/ops/winograd_conv.h"
#include "sfv/tensor/layout.h"
#include "sfv/tensor/mixed_precision.h"

namespace sfv::ops {
namespace {

// Operations of a convolution with `outputs` output positions in all.
double conv_operations(const torch::Tensor& weight, double outputs) {
  return 2.0 * static_cast<double>(weight.numel()) * outputs;
}

// libtorch has no convolution on meta tensors outside Python.
torch::Tensor shape_of_conv2d(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                              at::IntArrayRef stride, at::IntArrayRef padding) {
  const int64_t H = (x.size(2) + 2 * padding[0] - weight.size(2)) / stride[0] + 1;
  const int64_t W = (x.size(3) + 2 * padding[1] - weight.size(3)) / stride[1] + 1;
  return shape_only({x, weight, bias}, {x.size(0), weight.size(0), H, W}, x.scalar_type(),
                    at::MemoryFormat::ChannelsLast);
}

torch::Tensor counted_conv2d(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                             at::IntArrayRef stride, at::IntArrayRef padding, bool by_winograd = false) {
  torch::Tensor y;
  if (x.is_meta()) {
    y = shape_of_conv2d(x, weight, bias, stride, padding);
    if (by_winograd) plan_winograd(x, weight, padding[0]);
  } else {
    y = by_winograd ? winograd_conv2d(x, weight, bias, padding[0])
                    : at::conv2d(x, weight, bias, stride, padding);
  }
  count_work(conv_operations(weight, static_cast<double>(y.size(0) * y.size(2) * y.size(3))));
  return y;
}

// One frame's convolution in bands of output rows: each band reads its rows and the kernel's reach around
// them. Only for stride 1 and kernels that keep the size.
torch::Tensor conv2d_in_bands(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                              int64_t padding, int64_t bands, bool by_winograd) {
  // Winograd's tiles begin where they do in the whole picture: the same bytes.
  constexpr int64_t kTile = cpu::kWinogradTile;
  const int64_t height = x.size(2);
  const int64_t step = round_up(quotient_up(height, bands), kTile);
  torch::Tensor joined = torch::empty({x.size(0), weight.size(0), height, x.size(3)}, x.options(),
                                      at::MemoryFormat::ChannelsLast);
  for (int64_t begin = 0; begin < height; begin += step) {
    const int64_t end = std::min(begin + step, height);
    const int64_t top = std::max<int64_t>(begin - padding, 0);
    const int64_t bottom = std::min(end + padding, height);
    torch::Tensor band = x.narrow(2, top, bottom - top);
    // Zero rows only where the band touches the picture's edge.
    band = at::constant_pad_nd(band, {0, 0, padding - (begin - top), padding - (bottom - end)});
    joined.narrow(2, begin, end - begin)
        .copy_(counted_conv2d(as_channels_last(band), weight, bias, {1, 1}, {0, padding}, by_winograd));
  }
  return joined;
}

}  // namespace

torch::Tensor conv2d(const torch::Tensor& x, const torch::Tensor& given_weight,
                     const torch::Tensor& given_bias, int64_t stride, int64_t padding) {
  const TraceSpan span(TraceKind::kOperator, "conv2d");
  const torch::Tensor input = as_channels_last(as_factor(x));
  const torch::Tensor weight = as_factor(given_weight), bias = as_factor(given_bias);
  const double operations =
      conv_operations(weight, static_cast<double>(input.size(0) * input.size(2) * input.size(3))) /
      static_cast<double>(stride * stride);
  const bool by_winograd = suits_winograd(input, weight, stride, padding);
  return as_channels_last(split_along(input, 0, operations, [&](const torch::Tensor& frames) {
    const auto bands =
        static_cast<int64_t>(operations / static_cast<double>(input.size(0)) / max_operations()) + 1;
    const bool keeps_size = stride == 1 && weight.size(2) == 2 * padding + 1;
    if (bands > 1 && keeps_size && !torch::GradMode::is_enabled())
      return conv2d_in_bands(frames, weight, bias, padding, bands, by_winograd);
    return counted_conv2d(frames, weight, bias, {stride, stride}, {padding, padding}, by_winograd);
  }));
}

torch::Tensor temporal_conv(const torch::Tensor& given_x, int64_t frames, const torch::Tensor& given_weight,
                            const torch::Tensor& given_bias) {
  const TraceSpan span(TraceKind::kOperator, "temporal_conv");
  const torch::Tensor x = as_factor(given_x), weight = as_factor(given_weight), bias = as_factor(given_bias);
  const int64_t C = x.size(1), H = x.size(2), W = x.size(3);
  const int64_t B = x.size(0) / frames;
  const int64_t O = weight.size(0), k = weight.size(2);
  const torch::Tensor video = as_nhwc(x).view({B, frames, H * W, C}).permute({0, 3, 1, 2});  // [B, C, F, H*W]
  const torch::Tensor kernel = as_channels_last(weight.view({O, C, k, 1}));
  const double operations = conv_operations(weight, static_cast<double>(B * frames * H * W));
  const torch::Tensor y = split_along(video, 3, operations, [&](const torch::Tensor& pixels) {
    return counted_conv2d(as_channels_last(pixels), kernel, bias, {1, 1}, {k / 2, 0});
  });
  return as_nhwc(y).view({B * frames, H, W, O}).permute({0, 3, 1, 2});
}

torch::Tensor upsample_conv2d(const torch::Tensor& given_x, int64_t height, int64_t width,
                              const torch::Tensor& given_weight, const torch::Tensor& given_bias) {
  const TraceSpan span(TraceKind::kOperator, "upsample");
  const torch::Tensor x = as_factor(given_x), weight = as_factor(given_weight), bias = as_factor(given_bias);
  const double operations = conv_operations(weight, static_cast<double>(x.size(0) * height * width));
  return as_channels_last(split_along(as_channels_last(x), 0, operations, [&](const torch::Tensor& frames) {
    return conv2d(at::upsample_nearest2d(frames, {height, width}), weight, bias, 1, 1);
  }));
}

}  // namespace sfv::ops
