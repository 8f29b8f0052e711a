#include "sfv/conditioning/clip_preprocess.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/replication_pad2d.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include <algorithm>

namespace sfv::conditioning {
namespace {

// Taps of the blur before shrinking by `factor`, float32 [n], n odd, sum 1.
torch::Tensor gaussian_taps(double factor) {
  const double sigma = std::max((factor - 1) / 2, 0.001);
  auto n = static_cast<int64_t>(std::max(4 * sigma, 3.0));
  n += n % 2 == 0 ? 1 : 0;
  const torch::Tensor offset = at::arange(n, at::kFloat) - static_cast<double>(n / 2);
  const torch::Tensor taps = at::exp(-offset.pow(2) / (2 * sigma * sigma));
  return taps / taps.sum();
}

// dim: 2 blurs along H, 3 along W.
torch::Tensor blur(const torch::Tensor& x, int64_t dim, const torch::Tensor& taps) {
  const int64_t C = x.size(1), n = taps.size(0), pad = (n - 1) / 2;
  const bool along_width = dim == 3;
  const std::array<int64_t, 4> padding =
      along_width ? std::array<int64_t, 4>{pad, pad, 0, 0} : std::array<int64_t, 4>{0, 0, pad, pad};
  // A side of one pixel has nothing to mirror.
  const torch::Tensor padded =
      x.size(dim) > pad ? at::reflection_pad2d(x, padding) : at::replication_pad2d(x, padding);
  const torch::Tensor kernel =
      taps.view(along_width ? at::IntArrayRef({1, 1, 1, n}) : at::IntArrayRef({1, 1, n, 1}));
  return at::conv2d(padded, kernel.expand({C, 1, -1, -1}).contiguous(), std::nullopt, at::IntArrayRef({1, 1}),
                    at::IntArrayRef({0, 0}), at::IntArrayRef({1, 1}), C);
}

}  // namespace

torch::Tensor to_pixels(const RgbImage& image) {
  // from_blob only reads; the division makes a copy.
  auto* data = const_cast<uint8_t*>(image.rgb.data());
  const torch::Tensor bytes = at::from_blob(data, {1, image.height, image.width, 3}, at::kByte);
  return (bytes.permute({0, 3, 1, 2}).contiguous().to(at::kFloat) / 255.0) * 2.0 - 1.0;
}

torch::Tensor resize_with_antialiasing(const torch::Tensor& x, int64_t size) {
  const auto target = static_cast<double>(size);
  const torch::Tensor rows = gaussian_taps(static_cast<double>(x.size(2)) / target);
  const torch::Tensor columns = gaussian_taps(static_cast<double>(x.size(3)) / target);
  return at::upsample_bicubic2d(blur(blur(x, 3, columns), 2, rows), {size, size}, true);
}

torch::Tensor clip_pixel_values(const RgbImage& image, int64_t size, const std::array<double, 3>& mean,
                                const std::array<double, 3>& std) {
  const auto per_channel = [](const std::array<double, 3>& values) {
    return at::tensor(at::ArrayRef<double>(values.data(), values.size()), at::kFloat).view({1, 3, 1, 1});
  };
  const torch::Tensor resized = (resize_with_antialiasing(to_pixels(image), size) + 1.0) / 2.0;
  return (resized - per_channel(mean)) / per_channel(std);
}

}  // namespace sfv::conditioning
