#pragma once

#include <torch/types.h>

#include "apps/sfv/bench_result.h"

namespace sfv::cli {

/// Measures what libtorch gets out of this device: a product of 2048 x 2048 matrices and a 3x3 convolution of
/// 128 channels, the best of five each. A few seconds on a CPU.
[[nodiscard]] DeviceRates measure_rates(const torch::Device& device, torch::Dtype dtype);

/// The same of this program's own operators, of sizes that SVD has: what a request is estimated from.
[[nodiscard]] DeviceRates measure_operator_rates(const torch::Device& device, torch::Dtype dtype);

}  // namespace sfv::cli
