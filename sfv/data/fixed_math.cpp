// Elementary functions in integers. All intermediate values stay below 2^63.
#include "sfv/data/fixed_math.h"

#include <algorithm>
#include <cmath>

namespace sfv::data {
namespace {

constexpr int64_t kFullTurn = 1 << 16;
constexpr int64_t kHalfPi = 1686629713;       // pi / 2, Q30
constexpr int64_t kLn2 = 744261118;           // ln 2, Q30
constexpr int64_t kLargestRoot = 3037000499;  // its square is the largest below 2^63
constexpr int64_t kLargestExponent = 10 << 16;
constexpr int64_t kSmallestExponent = -(1 << 20);

int64_t multiply_q30(int64_t a, int64_t b) {
  return (a * b) >> 30;
}

/// sin(angle) by its series, angle: Q30 radians in 0 … pi/2.
int64_t sin_series(int64_t angle) {
  const int64_t square = multiply_q30(angle, angle);
  // 1 - x²/6 (1 - x²/20 (1 - x²/42 (1 - x²/72 (1 - x²/110)))): the next term is below 2^-24 of the last.
  int64_t sum = kQ30;
  for (const int64_t divisor : {156, 110, 72, 42, 20, 6}) {
    sum = kQ30 - multiply_q30(square, sum) / divisor;
  }
  return multiply_q30(angle, sum);
}

}  // namespace

int64_t floor_div(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

int64_t floor_mod(int64_t a, int64_t b) {
  const int64_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

int64_t floor_sqrt(int64_t value) {
  // The double is near; the integer is exact whatever its last bits are.
  auto root = static_cast<int64_t>(std::sqrt(static_cast<double>(value)));
  root = std::min(root, kLargestRoot);
  while (root * root > value) --root;
  while (root < kLargestRoot && (root + 1) * (root + 1) <= value) ++root;
  return root;
}

int64_t fixed_sin(int64_t turn) {
  const int64_t within = floor_mod(turn, kFullTurn);
  const bool is_negative = within >= kFullTurn / 2;
  int64_t half = within % (kFullTurn / 2);
  if (half > kFullTurn / 4) half = kFullTurn / 2 - half;
  const int64_t value = sin_series(half * kHalfPi / (kFullTurn / 4));
  return is_negative ? -value : value;
}

int64_t fixed_cos(int64_t turn) {
  return fixed_sin(turn + kFullTurn / 4);
}

int64_t fixed_exp(int64_t x) {
  const int64_t exponent = std::clamp(x, kSmallestExponent, kLargestExponent) << 14;  // Q30
  // exp(x) = 2^n exp(r), r in 0 … ln 2.
  const int64_t n = floor_div(exponent, kLn2);
  const int64_t r = exponent - n * kLn2;
  int64_t sum = kQ30;
  for (int64_t term = 12; term >= 1; --term) sum = kQ30 + multiply_q30(r, sum) / term;
  const int64_t shift = 14 - n;  // from Q30 to Q16
  if (shift > 40) return 0;
  return shift > 0 ? (sum + (int64_t{1} << (shift - 1))) >> shift : sum << -shift;
}

int64_t fixed_sigmoid(int64_t x) {
  const int64_t small = fixed_exp(x < 0 ? x : -x);  // exp(-|x|), at most 1
  const int64_t at_minus = (small * kQ16 + (kQ16 + small) / 2) / (kQ16 + small);
  return x < 0 ? at_minus : kQ16 - at_minus;
}

}  // namespace sfv::data
