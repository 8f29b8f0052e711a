#include "sfv/nn/alpha_blender.h"

#include <ATen/ops/lerp.h>
#include <ATen/ops/sigmoid.h>

#include "sfv/tensor/parameter.h"

namespace sfv::nn {

AlphaBlenderImpl::AlphaBlenderImpl(bool switch_spatial_to_temporal_mix)
    : switch_(switch_spatial_to_temporal_mix) {
  mix_factor = register_parameter("mix_factor", make_parameter({1}));
}

torch::Tensor AlphaBlenderImpl::forward(const torch::Tensor& spatial, const torch::Tensor& temporal) const {
  torch::Tensor alpha = at::sigmoid(mix_factor).to(spatial.scalar_type());
  if (switch_) alpha = 1.0 - alpha;
  // As one sum of differences: the gradient of alpha is then no difference of two large sums.
  return at::lerp(temporal, spatial, alpha);
}

}  // namespace sfv::nn
