// Motion and sharpness of one clip, by block matching and gradients.
#include "sfv/evaluation/clip_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/data/block_motion.h"

namespace sfv::evaluation {
namespace {

constexpr int64_t kLongest = 128;  // pixels of the picture that is searched
constexpr int64_t kReach = 16;     // pixels a frame that can be found
constexpr int64_t kBlock = 8;      // match_blocks needs as much

void check_same_size(const RgbImage& a, const RgbImage& b) {
  SFV_CHECK(a.width == b.width && a.height == b.height && a.width > 0 && a.height > 0, kInvalidArgument,
            "[statistics] expected pictures of one size, got ", a.width, "x", a.height, " and ", b.width, "x",
            b.height);
}

double grey(const RgbImage& image, size_t pixel) {
  const uint8_t* p = image.rgb.data() + pixel * 3;
  return 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
}

// levels: width x height.
double gradient_energy(const std::vector<double>& levels, int64_t width, int64_t height) {
  double sum = 0;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const double here = levels[static_cast<size_t>(y * width + x)];
      const double dx = x + 1 < width ? levels[static_cast<size_t>(y * width + x + 1)] - here : 0;
      const double dy = y + 1 < height ? levels[static_cast<size_t>((y + 1) * width + x)] - here : 0;
      sum += dx * dx + dy * dy;
    }
  }
  return sum / static_cast<double>(width * height);
}

double length(const data::BlockMove& move) {
  return std::hypot(move.dx, move.dy);
}

// The mean of the largest tenth, at least one; 0 of nothing.
double mean_of_largest(std::vector<double> lengths) {
  if (lengths.empty()) return 0;
  const size_t count = (lengths.size() + 9) / 10;
  std::partial_sort(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(count), lengths.end(),
                    std::greater<>());
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += lengths[i];
  return sum / static_cast<double>(count);
}

void measure_motion(const Clip& clip, ClipStatistics& result) {
  double speed = 0, fast = 0, sum_x = 0, sum_y = 0, path = 0;
  int64_t still = 0;
  data::GreyImage before = data::make_grey(clip.frames.front(), kLongest);
  for (size_t t = 1; t < clip.frames.size(); ++t) {
    data::GreyImage now = data::make_grey(clip.frames[t], kLongest);
    std::vector<double> lengths;
    double total = 0;
    for (const data::BlockMove& move : data::match_blocks(before, now, kReach)) {
      lengths.push_back(length(move));
      total += lengths.back();
      sum_x += move.dx;
      sum_y += move.dy;
    }
    path += total;
    if (!lengths.empty()) speed += total / static_cast<double>(lengths.size());
    const double step = mean_of_largest(std::move(lengths));
    fast += step;
    still += step < kStaticSpeed ? 1 : 0;
    before = std::move(now);
  }
  const auto steps = static_cast<double>(clip.frames.size() - 1);
  result.speed = speed / steps;
  result.fast_speed = fast / steps;
  result.static_share = static_cast<double>(still) / steps;
  result.direction_spread = path > 0 ? 1 - std::hypot(sum_x, sum_y) / path : 1;
}

}  // namespace

double gradient_energy(const RgbImage& image) {
  std::vector<double> levels(static_cast<size_t>(image.width * image.height));
  for (size_t i = 0; i < levels.size(); ++i) levels[i] = grey(image, i);
  return gradient_energy(levels, image.width, image.height);
}

double gradient_energy(const RgbImage& image, const RgbImage& background) {
  check_same_size(image, background);
  std::vector<double> levels(static_cast<size_t>(image.width * image.height));
  for (size_t i = 0; i < levels.size(); ++i) levels[i] = grey(image, i) - grey(background, i);
  return gradient_energy(levels, image.width, image.height);
}

double rms_difference(const RgbImage& a, const RgbImage& b) {
  check_same_size(a, b);
  double sum = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) {
    const double d = static_cast<double>(a.rgb[i]) - static_cast<double>(b.rgb[i]);
    sum += d * d;
  }
  return std::sqrt(sum / static_cast<double>(a.rgb.size()));
}

ClipStatistics measure_clip(const Clip& clip) {
  SFV_CHECK(!clip.frames.empty(), kInvalidArgument, "[statistics] expected a clip, got no frames");
  const RgbImage& first = clip.frames.front();
  SFV_CHECK(first.width >= kBlock && first.height >= kBlock, kInvalidArgument,
            "[statistics] expected frames of 8x8 pixels or more, got ", first.width, "x", first.height);
  ClipStatistics result;
  for (const RgbImage& frame : clip.frames) {
    check_same_size(first, frame);
    result.sharpness.push_back(gradient_energy(frame));
  }
  result.first_to_last = rms_difference(first, clip.frames.back());
  if (clip.frames.size() > 1) {
    measure_motion(clip, result);
  } else {
    result.direction_spread = 1;
    result.static_share = 1;
  }
  return result;
}

}  // namespace sfv::evaluation
