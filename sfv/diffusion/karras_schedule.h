#pragma once

#include <cstdint>
#include <vector>

namespace sfv::diffusion {

inline constexpr double kRho = 7.0;  // Karras et al. 2022, table 1; SVD's scheduler_config.json

/// Karras' noise level at `ramp` of the way from sigma_max (0) to sigma_min (1). Source: SF-V Eq. 5; Karras
/// et al. 2022, Eq. 5.
[[nodiscard]] double karras_sigma(double ramp, double sigma_min, double sigma_max, double rho = kRho);

/// steps + 1 noise levels from sigma_max down to sigma_min, then 0, rounded to float32 as diffusers stores
/// them. One step gives {sigma_max, 0}. Errors: kInvalidArgument if steps < 1 or not 0 < sigma_min <=
/// sigma_max.
[[nodiscard]] std::vector<float> karras_schedule(int64_t steps, double sigma_min, double sigma_max,
                                                 double rho = kRho);

/// AnimateLCM-SVD's levels: every (40 / steps)-th of a 40-level Karras schedule, then 0; they do not end at
/// sigma_min. Errors: kInvalidArgument unless 1 <= steps <= 40. Source: svd.md section 5.2.
[[nodiscard]] std::vector<float> lcm_schedule(int64_t steps, double sigma_min, double sigma_max);

/// Align-Your-Steps' ten steps for SVD, ending in 0. Source: Sabour et al. 2024; diffusers'
/// AysSchedules["StableDiffusionVideoSigmas"].
[[nodiscard]] const std::vector<double>& align_your_steps_sigmas();

/// What diffusers multiplies unit-normal latents with, sqrt(sigma_max^2 + 1) (timestep_spacing "leading");
/// sigma_max: the first level used.
[[nodiscard]] double init_noise_sigma(double sigma_max);

}  // namespace sfv::diffusion
