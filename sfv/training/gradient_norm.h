#pragma once

#include "sfv/training/named_tensor.h"

namespace sfv::training {

/// Euclidean norm of all gradients together; parameters without one count as 0. NaN or infinite if a gradient
/// is.
[[nodiscard]] double gradient_norm(const NamedTensors& parameters);

/// Scales all gradients so that their norm is at most max_norm; leaves them when it is not finite. max_norm:
/// > 0, errors: kInvalidArgument. Returns the norm from before.
double clip_gradients(const NamedTensors& parameters, double max_norm);

/// The parameter whose gradient was the first to be not finite, by name: the last in the order of the
/// parameters, since the backward pass comes from the end. Empty if there is none.
[[nodiscard]] std::string find_bad_gradient(const NamedTensors& parameters);

}  // namespace sfv::training
