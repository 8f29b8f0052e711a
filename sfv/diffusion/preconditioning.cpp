#include "sfv/diffusion/preconditioning.h"

#include <ATen/ops/where.h>

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

BatchPreconditioning preconditioning(const torch::Tensor& sigma) {
  SFV_CHECK(sigma.dim() == 1 && sigma.numel() > 0 && sigma.is_floating_point(), kInvalidArgument,
            "[preconditioning] expected sigma [B], got ", sigma.sizes());
  SFV_CHECK((sigma.ge(0) & sigma.isfinite()).all().item<bool>(), kInvalidArgument,
            "[preconditioning] expected every sigma >= 0 and finite");
  const double smallest_log = std::log(1e-44);
  const torch::Tensor square = sigma * sigma + 1;
  const torch::Tensor root = square.sqrt();
  const auto wide = [&](const torch::Tensor& scale) { return scale.view({-1, 1, 1, 1, 1}); };
  return {.c_skip = wide(1 / square),
          .c_out = wide(-sigma / root),
          .c_in = wide(1 / root),
          .c_noise = 0.25 * at::where(sigma > 0, sigma.log(), smallest_log)};
}

torch::Tensor scale_model_input(const torch::Tensor& x, const torch::Tensor& sigma) {
  return x * preconditioning(sigma).c_in;
}

torch::Tensor to_x0(const torch::Tensor& x, const torch::Tensor& v, const torch::Tensor& sigma) {
  const BatchPreconditioning scales = preconditioning(sigma);
  return v * scales.c_out + x * scales.c_skip;
}

}  // namespace sfv::diffusion
