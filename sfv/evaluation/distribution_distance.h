#pragma once

#include <vector>

namespace sfv::evaluation {

/// Kolmogorov and Smirnov's distance of two samples: the largest difference of their cumulated distributions,
/// 0 (alike) to 1. Errors: kInvalidArgument for an empty sample.
[[nodiscard]] double kolmogorov_smirnov(std::vector<double> a, std::vector<double> b);

}  // namespace sfv::evaluation
