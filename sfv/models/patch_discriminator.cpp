#include "sfv/models/patch_discriminator.h"

#include <ATen/ops/leaky_relu.h>

#include <algorithm>
#include <numeric>

#include "sfv/core/check.h"

namespace sfv::models {
namespace {

constexpr double kSlope = 0.2;
constexpr double kEps = 1e-5;
constexpr int64_t kMostGrowth = 8;
constexpr int64_t kGroups = 32;

}  // namespace

PatchDiscriminatorImpl::PatchDiscriminatorImpl(const PatchDiscriminatorOptions& options) : options_(options) {
  SFV_CHECK(options.in_channels >= 1 && options.channels >= 1 && options.layers >= 1 && options.layers <= 6,
            kInvalidArgument, "[PatchDiscriminator] expected 1 channel or more and 1 to 6 layers, got ",
            options.channels, " and ", options.layers);
  int64_t width = options.in_channels;
  for (int64_t i = 0; i <= options.layers + 1; ++i) {
    const bool is_last = i == options.layers + 1;
    const int64_t next = is_last ? 1 : options.channels * std::min(int64_t{1} << i, kMostGrowth);
    const nn::Conv2dOptions conv{.kernel = 4, .stride = i < options.layers ? 2 : 1, .padding = 1};
    convs_.push_back(register_module("conv_" + std::to_string(i), nn::Conv2d(width, next, conv)));
    if (i > 0 && !is_last) {
      const nn::GroupNorm norm(next, kEps, std::gcd(next, kGroups));
      norms_.push_back(register_module("norm_" + std::to_string(i), norm));
    }
    width = next;
  }
}

int64_t PatchDiscriminatorImpl::smallest_side() const {
  // Backwards through the layers: size 1 comes out; a convolution of 4 with padding 1 makes n into n - 1, or
  // into n / 2 (rounded down) with stride 2.
  return int64_t{3} << options_.layers;
}

torch::Tensor PatchDiscriminatorImpl::forward(const torch::Tensor& pixels) {
  SFV_CHECK(pixels.dim() == 4 && pixels.size(1) == options_.in_channels &&
                std::min(pixels.size(2), pixels.size(3)) >= smallest_side(),
            kInvalidArgument, "[PatchDiscriminator] expected [N, ", options_.in_channels,
            ", H, W] with sides of ", smallest_side(), " pixels or more, got ", pixels.sizes(),
            "; use fewer layers or larger clips");
  torch::Tensor x = at::leaky_relu(convs_.front()(pixels), kSlope);
  for (size_t i = 0; i < norms_.size(); ++i) x = at::leaky_relu(norms_[i](convs_[i + 1](x)), kSlope);
  return convs_.back()(x);
}

}  // namespace sfv::models
