#include "sfv/diffusion/karras_schedule.h"

#include <cmath>

#include "sfv/core/check.h"

namespace sfv::diffusion {
namespace {

constexpr int64_t kLcmLevels = 40;  // AnimateLCM-SVD's num_train_timesteps

void check_range(double sigma_min, double sigma_max) {
  SFV_CHECK(sigma_min > 0 && sigma_min <= sigma_max && std::isfinite(sigma_max), kInvalidArgument,
            "[scheduler] expected 0 < sigma_min <= sigma_max, got ", sigma_min, " and ", sigma_max);
}

}  // namespace

double karras_sigma(double ramp, double sigma_min, double sigma_max, double rho) {
  const double max_root = std::pow(sigma_max, 1 / rho);
  const double min_root = std::pow(sigma_min, 1 / rho);
  return std::pow(max_root + ramp * (min_root - max_root), rho);
}

std::vector<float> karras_schedule(int64_t steps, double sigma_min, double sigma_max, double rho) {
  check_range(sigma_min, sigma_max);
  SFV_CHECK(steps >= 1, kInvalidArgument, "[scheduler] expected at least 1 step, got ", steps);
  std::vector<float> sigmas;
  for (int64_t i = 0; i < steps; ++i) {
    const double ramp = steps == 1 ? 0 : static_cast<double>(i) / static_cast<double>(steps - 1);
    sigmas.push_back(static_cast<float>(karras_sigma(ramp, sigma_min, sigma_max, rho)));
  }
  sigmas.push_back(0);
  return sigmas;
}

std::vector<float> lcm_schedule(int64_t steps, double sigma_min, double sigma_max) {
  check_range(sigma_min, sigma_max);
  SFV_CHECK(steps >= 1 && steps <= kLcmLevels, kInvalidArgument, "[scheduler] lcm expected 1 to ", kLcmLevels,
            " steps, got ", steps);
  std::vector<float> sigmas;
  for (int64_t i = 0; i < steps; ++i) {
    const double ramp = static_cast<double>(i * (kLcmLevels / steps)) / (kLcmLevels - 1);
    sigmas.push_back(static_cast<float>(karras_sigma(ramp, sigma_min, sigma_max, kRho)));
  }
  sigmas.push_back(0);
  return sigmas;
}

const std::vector<double>& align_your_steps_sigmas() {
  static const std::vector<double> sigmas = {700.0, 54.5,  15.886, 7.977, 4.248, 1.789,
                                             0.981, 0.403, 0.173,  0.034, 0.0};
  return sigmas;
}

double init_noise_sigma(double sigma_max) {
  return std::sqrt(sigma_max * sigma_max + 1);
}

}  // namespace sfv::diffusion
