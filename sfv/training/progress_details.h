#pragma once

#include <span>
#include <string>
#include <vector>

#include "sfv/training/metrics_log.h"

namespace sfv::training {

/// What a person watches of an iteration's figures, in short words, the most important first: losses, how
/// often the discriminator is right (the mean of its heads, and their range where they differ), the gradients
/// at x0_hat, speed, gradient norms. "D 1.73 (real 71%, fake 64%)", "|g_adv| 0.012", "5.2 clips/s".
[[nodiscard]] std::vector<std::string> progress_details(std::span<const Metric> metrics);

}  // namespace sfv::training
