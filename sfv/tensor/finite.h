#pragma once

#include <torch/types.h>

#include <string>

namespace sfv {

/// Errors: kNotFinite naming the stage and the remedy when x holds NaN or Inf. On the meta device nothing is
/// known and nothing is checked.
void check_finite(const torch::Tensor& x, const std::string& stage);

}  // namespace sfv
