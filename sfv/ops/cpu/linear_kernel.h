#pragma once

#include <cstddef>
#include <cstdint>

namespace sfv::ops::cpu {

/// x [rows, I] times weight [O, I] transposed, plus bias [O].
struct LinearSizes {
  int64_t rows = 0, I = 0, O = 0;
};

/// I must be a multiple of kLinearInputs, what comes out of kLinearOutputs numbers a row.
inline constexpr int64_t kLinearInputs = 2, kLinearOutputs = 32;

/// Bytes of the workspace.
[[nodiscard]] int64_t linear_workspace(const LinearSizes& sizes);

/// y [rows, O], of bfloat16 numbers by their bits (bias may be null), with sums in float. Source of the sums'
/// order: ops/cpu/product_kernel.h; a row's result does not depend on the rows beside it.
void linear(const LinearSizes& sizes, const uint16_t* x, const uint16_t* weight, const uint16_t* bias,
            uint16_t* y, std::byte* workspace);

/// y [rows, O / 2] = geglu_forward() (ops/cpu/geglu_kernel.h) of what linear() would give: the same bytes.
void linear_geglu(const LinearSizes& sizes, const uint16_t* x, const uint16_t* weight, const uint16_t* bias,
                  uint16_t* y, std::byte* workspace);

}  // namespace sfv::ops::cpu
