#include "sfv/diffusion/samplers.h"

#include <ATen/ops/linspace.h>

#include "sfv/diffusion/preconditioning.h"

namespace sfv::diffusion {
namespace {

torch::Tensor predict(const torch::Tensor& x, float sigma, const VPrediction& network) {
  return network(scale_model_input(x, sigma), preconditioning(sigma).c_noise);
}

}  // namespace

torch::Tensor sample_euler(torch::Tensor x, const std::vector<float>& sigmas, const VPrediction& network) {
  const at::ScalarType dtype = x.scalar_type();
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const float sigma = sigmas[i];
    const torch::Tensor v = predict(x, sigma, network);
    const torch::Tensor wide = x.to(at::kFloat);
    const torch::Tensor derivative = (wide - to_x0(wide, v, sigma)) / sigma;
    x = (wide + derivative * (sigmas[i + 1] - sigma)).to(dtype);
  }
  return x;
}

torch::Tensor sample_lcm(torch::Tensor x, const std::vector<float>& sigmas, const VPrediction& network,
                         const StepNoise& noise) {
  const size_t steps = sigmas.size() - 1;
  for (size_t i = 0; i < steps; ++i) {
    const torch::Tensor x0 = to_x0(x, predict(x, sigmas[i], network), sigmas[i]);
    x = steps > 1 ? x0 + noise(static_cast<int64_t>(i)).to(x.options()) * sigmas[i + 1] : x0;
  }
  return x;
}

torch::Tensor sample_one_step(const torch::Tensor& x, float sigma_max, const VPrediction& network) {
  // Euler's step to 0 ends at x0_hat; taken as diffusers takes it, its rounding (about 1e-7 sigma_max) is the
  // same too.
  return sample_euler(x, {sigma_max, 0}, network);
}

torch::Tensor guide(const torch::Tensor& v_cond, const torch::Tensor& v_uncond, double min, double max) {
  const torch::Tensor weights =
      at::linspace(min, max, v_cond.size(1), at::kFloat).to(v_cond.options()).view({1, -1, 1, 1, 1});
  return v_uncond + weights * (v_cond - v_uncond);
}

}  // namespace sfv::diffusion
