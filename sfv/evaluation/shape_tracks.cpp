// Where the shapes of a known scene are in a clip.
#include "sfv/evaluation/shape_tracks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "sfv/core/check.h"
#include "sfv/data/fixed_math.h"

namespace sfv::evaluation {
namespace {

using Color = std::array<double, 3>;

constexpr double kReach = 6.0 / 64;   // of the shorter side, beyond the radius; shapes move at most 4.4 / 64
constexpr double kFoundShare = 0.25;  // of a shape's colour that a pixel must show at least once
constexpr double kKeptShare = 0.5;    // of the largest share: pixels that make the centre
constexpr double kOtherColor = 0.5;   // of the way from background to shape: further off is another colour
constexpr double kLeastContrast =
    24;  // levels between background and shape, below which a pixel says nothing

Color color_at(const RgbImage& image, int64_t x, int64_t y) {
  const uint8_t* p = image.rgb.data() + (y * image.width + x) * 3;
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

double dot(const Color& a, const Color& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Color minus(const Color& a, const Color& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

// How much of the shape a pixel shows, 0..1.
double share_of(const Color& pixel, const Color& background, const Color& shape) {
  const Color way = minus(shape, background);
  const double contrast = dot(way, way);
  if (contrast < kLeastContrast * kLeastContrast) return 0;
  const Color gone = minus(pixel, background);
  const double share = std::clamp(dot(gone, way) / contrast, 0.0, 1.0);
  const Color rest = {gone[0] - share * way[0], gone[1] - share * way[1], gone[2] - share * way[2]};
  return dot(rest, rest) > kOtherColor * kOtherColor * contrast ? 0 : share;
}

struct Window {
  int64_t left = 0, top = 0, right = 0, bottom = 0;  // the last two are outside
};

Window around(Point center, double reach, const RgbImage& image) {
  const auto clip = [](double value, int64_t side) {
    return std::clamp<int64_t>(static_cast<int64_t>(std::floor(value)), 0, side);
  };
  return {clip(center.x - reach, image.width), clip(center.y - reach, image.height),
          clip(center.x + reach + 1, image.width), clip(center.y + reach + 1, image.height)};
}

// The new centre; false where the shape is not found.
bool find_shape(const RgbImage& frame, const data::ShapesScene& scene, const data::MovingShape& shape,
                Point& center) {
  const double radius = static_cast<double>(shape.radius) / static_cast<double>(data::kQ16);
  const double reach = radius + kReach * static_cast<double>(std::min(frame.width, frame.height));
  const Window w = around(center, reach, frame);
  const Color color = {static_cast<double>(shape.rgb[0]), static_cast<double>(shape.rgb[1]),
                       static_cast<double>(shape.rgb[2])};
  std::vector<double> shares;
  double largest = 0;
  for (int64_t y = w.top; y < w.bottom; ++y) {
    for (int64_t x = w.left; x < w.right; ++x) {
      const double dx = static_cast<double>(x) + 0.5 - center.x, dy = static_cast<double>(y) + 0.5 - center.y;
      const bool is_near = dx * dx + dy * dy <= reach * reach;
      shares.push_back(is_near ? share_of(color_at(frame, x, y), color_at(scene.background, x, y), color)
                               : 0);
      largest = std::max(largest, shares.back());
    }
  }
  if (largest < kFoundShare) return false;
  double sum = 0, sum_x = 0, sum_y = 0;
  size_t i = 0;
  for (int64_t y = w.top; y < w.bottom; ++y) {
    for (int64_t x = w.left; x < w.right; ++x) {
      const double share = shares[i++];
      if (share < kKeptShare * largest) continue;
      sum += share;
      sum_x += share * (static_cast<double>(x) + 0.5);
      sum_y += share * (static_cast<double>(y) + 0.5);
    }
  }
  center = {sum_x / sum, sum_y / sum};
  return true;
}

double distance(Point a, Point b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

}  // namespace

std::vector<ShapeTrack> track_shapes(const Clip& clip, const data::ShapesScene& scene) {
  std::vector<ShapeTrack> tracks;
  for (size_t s = 0; s < scene.shapes.size(); ++s) {
    const data::ShapeCenter start = data::shape_center(scene, static_cast<int64_t>(s), 0);
    const auto pixels = [](int64_t q16) {
      return static_cast<double>(q16) / static_cast<double>(data::kQ16);
    };
    Point center = {pixels(start.x), pixels(start.y)};
    ShapeTrack track;
    for (const RgbImage& frame : clip.frames) {
      SFV_CHECK(frame.width == scene.width && frame.height == scene.height, kInvalidArgument,
                "[shapes] expected frames of ", scene.width, "x", scene.height, ", got ", frame.width, "x",
                frame.height);
      track.is_lost.push_back(!find_shape(frame, scene, scene.shapes[s], center));
      track.centers.push_back(center);
    }
    tracks.push_back(std::move(track));
  }
  return tracks;
}

ShapeMotion measure_tracks(const std::vector<ShapeTrack>& tracks) {
  double path = 0;
  int64_t steps = 0, lost = 0, places = 0;
  for (const ShapeTrack& track : tracks) {
    for (size_t t = 1; t < track.centers.size(); ++t) {
      path += distance(track.centers[t - 1], track.centers[t]);
      ++steps;
    }
    lost += std::count(track.is_lost.begin(), track.is_lost.end(), true);
    places += static_cast<int64_t>(track.is_lost.size());
  }
  return {steps > 0 ? path / static_cast<double>(steps) : 0,
          places > 0 ? static_cast<double>(lost) / static_cast<double>(places) : 0};
}

double end_spread(const std::vector<std::vector<ShapeTrack>>& tracks) {
  SFV_CHECK(tracks.size() >= 2 && !tracks.front().empty(), kInvalidArgument,
            "[shapes] expected the tracks of two clips or more");
  const auto count = static_cast<double>(tracks.size());
  double sum = 0;
  for (size_t s = 0; s < tracks.front().size(); ++s) {
    Point mean;
    for (const std::vector<ShapeTrack>& clip : tracks) {
      SFV_CHECK(clip.size() == tracks.front().size() && !clip[s].centers.empty(), kInvalidArgument,
                "[shapes] expected clips of one scene");
      mean.x += clip[s].centers.back().x / count;
      mean.y += clip[s].centers.back().y / count;
    }
    double square = 0;
    for (const std::vector<ShapeTrack>& clip : tracks) {
      const double d = distance(clip[s].centers.back(), mean);
      square += d * d;
    }
    sum += std::sqrt(square / (count - 1));
  }
  return sum / static_cast<double>(tracks.front().size());
}

}  // namespace sfv::evaluation
