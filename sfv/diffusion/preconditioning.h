#pragma once

#include <torch/types.h>

namespace sfv::diffusion {

/// Input and output scales of SVD's EDM denoiser at one noise level (sigma_data = 1), in float32 as diffusers
/// computes them. D(x; sigma) = c_skip x + c_out F(c_in x; c_noise). Source: SF-V section 3, Eq. 2-3; svd.md
/// section 5.1.
struct Preconditioning {
  float c_skip = 0;   // 1 / (sigma^2 + 1)
  float c_out = 0;    // -sigma / sqrt(sigma^2 + 1)
  float c_in = 0;     // 1 / sqrt(sigma^2 + 1)
  float c_noise = 0;  // 0.25 ln sigma
};

/// sigma: > 0. Errors: kInvalidArgument otherwise.
[[nodiscard]] Preconditioning preconditioning(float sigma);

/// c_in x, in x's dtype.
[[nodiscard]] torch::Tensor scale_model_input(const torch::Tensor& x, float sigma);

/// The clean estimate x0_hat = c_skip x + c_out v from the network's output v. Computed in x's dtype; v may
/// have a narrower one.
[[nodiscard]] torch::Tensor to_x0(const torch::Tensor& x, const torch::Tensor& v, float sigma);

/// The same for a batch whose samples have their own levels, as training has. In sigma's dtype.
struct BatchPreconditioning {
  torch::Tensor c_skip, c_out, c_in;  // [B, 1, 1, 1, 1]
  torch::Tensor c_noise;              // [B]
};

/// sigma: [B], >= 0. At 0, where consistency training ends its steps, D is the identity and c_noise that of
/// the smallest float, 0.25 ln 1e-44. Errors: kInvalidArgument otherwise. Source: AnimateLCM for sigma = 0.
[[nodiscard]] BatchPreconditioning preconditioning(const torch::Tensor& sigma);

/// c_in x and x0_hat for x, v: [B, F, C, h, w] and sigma: [B].
[[nodiscard]] torch::Tensor scale_model_input(const torch::Tensor& x, const torch::Tensor& sigma);
[[nodiscard]] torch::Tensor to_x0(const torch::Tensor& x, const torch::Tensor& v, const torch::Tensor& sigma);

}  // namespace sfv::diffusion
