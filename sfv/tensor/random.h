#pragma once

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>

namespace sfv {

/// The generator that torch.Generator("cpu").manual_seed(seed) is. One per clip.
[[nodiscard]] at::Generator make_generator(uint64_t seed);

/// Unit-normal float32 on the CPU, the next numbers of the generator.
[[nodiscard]] torch::Tensor draw_normal(at::IntArrayRef shape, at::Generator& generator);

}  // namespace sfv
