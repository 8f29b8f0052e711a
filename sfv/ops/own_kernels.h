#pragma once

#include <torch/types.h>

#include <cstdint>

namespace sfv::ops {

/// Whether x's products are best taken by kernels of our own (ops/cpu): float32 numbers, or bfloat16 ones
/// where the processor has no matrix tiles for them, on the CPU. libtorch's products of bfloat16 numbers are
/// at most twice as fast there as those of float32 ones, which kernels that save work make up for. Also where
/// x stands for such a tensor in a plan (tensor/planned_memory.h).
[[nodiscard]] bool takes_own_kernels(const torch::Tensor& x);

/// Calls f(of), where of(t) is where t's numbers lie, as the kernels want them: float, or uint16_t for
/// bfloat16 by their bits. t: of x's type.
template <typename F>
void with_numbers(const torch::Tensor& x, const F& f) {
  if (x.scalar_type() == at::kBFloat16) {
    f([](const torch::Tensor& t) { return static_cast<uint16_t*>(t.data_ptr()); });
  } else {
    f([](const torch::Tensor& t) { return t.data_ptr<float>(); });
  }
}

}  // namespace sfv::ops
