// Frame rates as fractions and as rounded times.
#include "sfv/io/video_rate.h"

extern "C" {
#include <libavutil/rational.h>
}

#include <algorithm>
#include <cmath>

#include "sfv/core/check.h"

namespace sfv::io {
namespace {

constexpr double kMaxRate = 1000;  // WebP and WebM count milliseconds
constexpr int kMaxTerm = 1'001'000;

bool explains(double fps, std::span<const int64_t> times, int64_t units_per_second) {
  for (size_t i = 0; i < times.size(); ++i) {
    if (frame_start(static_cast<int64_t>(i) + 1, fps, units_per_second) != times[i]) return false;
  }
  return true;
}

}  // namespace

Fraction frame_rate(double fps, const std::string& name) {
  SFV_CHECK(fps > 0 && fps <= kMaxRate, kInvalidArgument, "[write_video] ", name,
            ": expected more than 0 and at most ", kMaxRate, " frames per second, got ", fps);
  const AVRational rate = av_d2q(fps, kMaxTerm);
  SFV_CHECK(rate.num > 0 && rate.den > 0, kInvalidArgument, "[write_video] ", name, ": ", fps,
            " frames per second are too few for a video");
  return {rate.num, rate.den};
}

int64_t frame_start(int64_t number, double fps, int64_t units_per_second) {
  return std::llround(static_cast<double>(number) * static_cast<double>(units_per_second) / fps);
}

double rate_from_times(std::span<const int64_t> times, int64_t units_per_second) {
  if (times.empty() || times.back() <= 0) return 0;
  // Each rounded time leaves a range of rates.
  double low = 0;
  double high = HUGE_VAL;
  for (size_t i = 0; i < times.size(); ++i) {
    const double units = static_cast<double>(i + 1) * static_cast<double>(units_per_second);
    low = std::max(low, units / (static_cast<double>(times[i]) + 0.5));
    if (times[i] > 0) high = std::min(high, units / (static_cast<double>(times[i]) - 0.5));
  }
  const double rate = static_cast<double>(times.size()) * static_cast<double>(units_per_second) /
                      static_cast<double>(times.back());
  if (low > high) return rate;
  for (const double candidate : {std::round(rate), std::ceil(low), 1 / std::round(1 / rate)}) {
    if (candidate > 0 && explains(candidate, times, units_per_second)) return candidate;
  }
  return rate;
}

}  // namespace sfv::io
