#pragma once

#include <torch/types.h>

#include <functional>
#include <vector>

namespace sfv::diffusion {

/// The network as a sampler sees it: c_in x [B, F, C, h, w] and c_noise to the (guided) v of the same shape.
using VPrediction = std::function<torch::Tensor(const torch::Tensor& scaled_x, float c_noise)>;

/// Unit-normal float32 noise for a step, shaped like x.
using StepNoise = std::function<torch::Tensor(int64_t step)>;

/// Euler's method along `sigmas` (falling, ending in 0), diffusers' EulerDiscreteScheduler with v-prediction:
/// steps are taken in float32, x is kept in its own dtype between them. x: noise times init_noise_sigma.
/// Source: SF-V Eq. 4; svd.md section 5.1.
[[nodiscard]] torch::Tensor sample_euler(torch::Tensor x, const std::vector<float>& sigmas,
                                         const VPrediction& network);

/// AnimateLCM-SVD's sampler: jump to x0_hat, add fresh noise of the next level. `noise` is asked once a step
/// (the last included, whose level is 0) when there is more than one, and never for a single step. Source:
/// svd.md section 5.2.
[[nodiscard]] torch::Tensor sample_lcm(torch::Tensor x, const std::vector<float>& sigmas,
                                       const VPrediction& network, const StepNoise& noise);

/// SF-V's one step: x0_hat = D(x; sigma_max). Source: SF-V section 3.
[[nodiscard]] torch::Tensor sample_one_step(const torch::Tensor& x, float sigma_max,
                                            const VPrediction& network);

/// Classifier-free guidance with a weight that grows linearly over the frames: v = v_uncond + w_f (v_cond -
/// v_uncond), w = min..max over F. v_cond, v_uncond: [B, F, C, h, w]. Source: svd.md section 4.4.
[[nodiscard]] torch::Tensor guide(const torch::Tensor& v_cond, const torch::Tensor& v_uncond, double min,
                                  double max);

}  // namespace sfv::diffusion
