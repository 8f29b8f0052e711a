// Whether anything moves in a clip, from its pixels alone.
#include "sfv/core/clip_motion.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "sfv/core/check.h"

namespace sfv {
namespace {

constexpr double kStaticLevels = 2;

double mean_difference(const RgbImage& a, const RgbImage& b) {
  SFV_CHECK(a.width == b.width && a.height == b.height && a.rgb.size() == b.rgb.size(), kInvalidArgument,
            "[clip_motion] expected pictures of one size, got ", a.width, "x", a.height, " and ", b.width,
            "x", b.height);
  if (a.rgb.empty()) return 0;
  uint64_t sum = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) sum += static_cast<uint64_t>(std::abs(a.rgb[i] - b.rgb[i]));
  return static_cast<double>(sum) / static_cast<double>(a.rgb.size());
}

}  // namespace

double mean_frame_difference(const Clip& clip) {
  if (clip.frames.size() < 2) return 0;
  double sum = 0;
  for (size_t i = 1; i < clip.frames.size(); ++i) sum += mean_difference(clip.frames[i - 1], clip.frames[i]);
  return sum / static_cast<double>(clip.frames.size() - 1);
}

bool is_static(const Clip& clip, const RgbImage& photo) {
  if (clip.frames.empty()) return false;
  return std::all_of(clip.frames.begin(), clip.frames.end(),
                     [&](const RgbImage& frame) { return mean_difference(frame, photo) <= kStaticLevels; });
}

}  // namespace sfv
