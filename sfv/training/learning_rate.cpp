#include "sfv/training/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sfv/core/check.h"

namespace sfv::training {

double LearningRateSchedule::at(int64_t step) const {
  SFV_CHECK(step >= 1 && peak > 0 && warm_up_steps >= 1 && total_steps >= 1 && decay_to >= 0 && decay_to <= 1,
            kInvalidArgument,
            "[learning_rate] expected step >= 1, peak > 0, warm_up_steps >= 1, total_steps >= "
            "1 and decay_to in 0..1, got ",
            step, ", ", peak, ", ", warm_up_steps, ", ", total_steps, " and ", decay_to);
  const int64_t warm = warm_up == WarmUp::kNone ? 0 : warm_up_steps;
  if (step < warm) {
    const double ramp = static_cast<double>(step) / static_cast<double>(warm);
    return peak * (warm_up == WarmUp::kQuadratic ? ramp * ramp : ramp);
  }
  if (decay == Decay::kConstant) return peak;
  // 0 at the warm-up's last step (without one: at the first), 1 at the run's.
  const int64_t begin = std::max<int64_t>(warm, 1);
  const double progress =
      total_steps <= begin
          ? 1.0
          : std::min(1.0, static_cast<double>(step - begin) / static_cast<double>(total_steps - begin));
  const double share =
      decay == Decay::kLinear ? 1 - progress : 0.5 * (1 + std::cos(std::numbers::pi * progress));
  return peak * (decay_to + (1 - decay_to) * share);
}

}  // namespace sfv::training
