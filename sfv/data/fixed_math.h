#pragma once

#include <cstdint>

namespace sfv::data {

/// Numbers as integers, for pictures that must be the same bytes on every machine: libm's last bits differ
/// from one C library to the next, and compilers may fuse a multiplication and an addition.
/// A Q16 is a number times 2^16, a Q30 a number times 2^30.

inline constexpr int64_t kQ16 = int64_t{1} << 16;
inline constexpr int64_t kQ30 = int64_t{1} << 30;

/// a / b, rounded towards minus infinity. b > 0.
[[nodiscard]] int64_t floor_div(int64_t a, int64_t b);
/// a - b * floor_div(a, b): in 0 … b - 1. b > 0.
[[nodiscard]] int64_t floor_mod(int64_t a, int64_t b);
/// The largest integer whose square is at most value. value >= 0.
[[nodiscard]] int64_t floor_sqrt(int64_t value);
/// sin(2 pi turn / 2^16) as Q30, off by less than 2^-28. turn: any integer, 2^16 to a full turn.
[[nodiscard]] int64_t fixed_sin(int64_t turn);
/// cos(2 pi turn / 2^16) as Q30.
[[nodiscard]] int64_t fixed_cos(int64_t turn);
/// exp(x / 2^16) as Q16, off by less than 2^-14 of its value or 1 unit. x: -2^20 … 10 * 2^16 (values beyond
/// count as these).
[[nodiscard]] int64_t fixed_exp(int64_t x);
/// 1 / (1 + exp(-x / 2^16)) as Q16, off by less than 4 units.
[[nodiscard]] int64_t fixed_sigmoid(int64_t x);

}  // namespace sfv::data
