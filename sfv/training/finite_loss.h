#pragma once

#include <string_view>

#include "sfv/training/named_tensor.h"

namespace sfv::training {

/// The first tensor with a value that is not finite, by name; empty if there is none.
[[nodiscard]] std::string find_not_finite(const NamedTensors& tensors);

/// The same for tensors that are nearly always finite: one transfer from the device then, of their norm.
[[nodiscard]] std::string find_bad_value(const NamedTensors& tensors);

/// Call before a loss goes backward. Errors: kNotFinite if the loss is not finite, naming the first of `made`
/// that is not, or else the loss. made: what was computed on the way to it, in that order. loss: one value.
/// Returns that value.
double check_loss(std::string_view name, const torch::Tensor& loss, const NamedTensors& made);

}  // namespace sfv::training
