#pragma once

#include <torch/library.h>

namespace sfv {

/// Rules for tensors without data (the meta device) that libtorch has in Python only, of the operations that
/// losses and schedules use: each gives an empty tensor of the result's shape and type. item() gives 1, so
/// that a check of finite or positive numbers passes. library: of kind IMPL, "aten", key Meta; the rules end
/// with it.
void add_shape_rules(torch::Library& library);

}  // namespace sfv
