#pragma once

namespace sfv {

/// The least whole number that is at least a / b; a >= 0, b > 0.
template <typename Whole>
[[nodiscard]] constexpr Whole quotient_up(Whole a, Whole b) {
  return (a + b - 1) / b;
}

/// The least multiple of b that is at least a.
template <typename Whole>
[[nodiscard]] constexpr Whole round_up(Whole a, Whole b) {
  return quotient_up(a, b) * b;
}

}  // namespace sfv
