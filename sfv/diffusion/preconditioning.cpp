#include "sfv/diffusion/preconditioning.h"

#include <cmath>

#include "sfv/core/check.h"

namespace sfv::diffusion {

Preconditioning preconditioning(float sigma) {
  SFV_CHECK(sigma > 0 && std::isfinite(sigma), kInvalidArgument, "[preconditioning] expected sigma > 0, got ",
            sigma);
  const float square = sigma * sigma + 1;
  const float root = std::sqrt(square);
  return {.c_skip = 1 / square, .c_out = -sigma / root, .c_in = 1 / root, .c_noise = 0.25F * std::log(sigma)};
}

torch::Tensor scale_model_input(const torch::Tensor& x, float sigma) {
  return x / std::sqrt(sigma * sigma + 1);
}

torch::Tensor to_x0(const torch::Tensor& x, const torch::Tensor& v, float sigma) {
  const float square = sigma * sigma + 1;
  return v * (-sigma / std::sqrt(square)) + x / square;
}

}  // namespace sfv::diffusion
