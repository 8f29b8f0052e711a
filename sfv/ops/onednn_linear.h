#pragma once

#include <torch/types.h>

#include <optional>

namespace sfv::ops {

/// linear() of many float32 rows by oneDNN's product where that is the faster one: libtorch takes MKL's,
/// which runs at three quarters of oneDNN's rate on processors that are not Intel's. The gradient of x goes
/// the same way, that of the weight stays with MKL, which is as fast there. Nothing where this does not
/// apply.
[[nodiscard]] std::optional<torch::Tensor> linear_by_onednn(const torch::Tensor& x,
                                                            const torch::Tensor& weight,
                                                            const torch::Tensor& bias);

}  // namespace sfv::ops
