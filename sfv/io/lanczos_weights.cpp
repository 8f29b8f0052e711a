#include "sfv/io/lanczos_weights.h"

#include <algorithm>
#include <cmath>
#include <numbers>

// Bit-equality with Pillow needs each product rounded before it is added.
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

namespace sfv::io {
namespace {

constexpr double kLobes = 3.0;

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) {
  return -kLobes <= x && x < kLobes ? sinc(x) * sinc(x / kLobes) : 0.0;
}

int32_t to_fixed_point(double weight) {
  const double scaled = weight * (1 << kLanczosBits);
  return static_cast<int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);  // half away from zero
}

}  // namespace

std::vector<LanczosTaps> make_lanczos_taps(int64_t in_size, int64_t out_size, int64_t begin, int64_t count) {
  const double scale = static_cast<double>(in_size) / static_cast<double>(out_size);
  const double filter_scale = std::max(scale, 1.0);
  const double support = kLobes * filter_scale;
  const double inverse_scale = 1.0 / filter_scale;

  std::vector<LanczosTaps> taps(static_cast<size_t>(count));
  std::vector<double> weights;
  for (int64_t i = 0; i < count; ++i) {
    const double center = (static_cast<double>(begin + i) + 0.5) * scale;
    // The casts cut towards zero, so a negative start becomes 0 either way.
    const int64_t first = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
    const int64_t last = std::min(static_cast<int64_t>(center + support + 0.5), in_size);
    weights.clear();
    double sum = 0.0;
    for (int64_t x = 0; x < last - first; ++x) {
      weights.push_back(lanczos((static_cast<double>(x + first) - center + 0.5) * inverse_scale));
      sum += weights.back();
    }
    LanczosTaps& out = taps[static_cast<size_t>(i)];
    out.first = first;
    out.weights.reserve(weights.size());
    for (const double weight : weights)
      out.weights.push_back(to_fixed_point(sum != 0.0 ? weight / sum : weight));
  }
  return taps;
}

}  // namespace sfv::io
