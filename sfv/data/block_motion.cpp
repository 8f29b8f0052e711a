// Block matching between two grey pictures, with a least-squares step below the pixel (Lucas and Kanade
// 1981).
#include "sfv/data/block_motion.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "sfv/io/resize.h"

namespace sfv::data {
namespace {

constexpr int64_t kSide = 8;
constexpr int64_t kArea = kSide * kSide;
// A block whose levels differ from their mean by less than this on average is even: its place cannot be told.
constexpr int64_t kEvenLevels = 2;
// Bonus of a place over one that is a pixel further away, so that a repeating pattern is taken to move
// little.
constexpr int64_t kDistanceCost = 2;

struct Place {
  int64_t dx = 0;
  int64_t dy = 0;
};

const uint8_t* at(const GreyImage& image, int64_t x, int64_t y) {
  return image.grey.data() + y * image.width + x;
}

int64_t difference(const uint8_t* a, const uint8_t* b, int64_t stride) {
  int sum = 0;
  for (int64_t y = 0; y < kSide; ++y, a += stride, b += stride) {
    for (int64_t x = 0; x < kSide; ++x) sum += std::abs(a[x] - b[x]);
  }
  return sum;
}

/// Sum of the distances from the block's mean level.
int64_t unevenness(const uint8_t* block, int64_t stride) {
  int sum = 0;
  for (int64_t y = 0; y < kSide; ++y) {
    for (int64_t x = 0; x < kSide; ++x) sum += block[y * stride + x];
  }
  const int mean = (sum + kArea / 2) / kArea;
  int distance = 0;
  for (int64_t y = 0; y < kSide; ++y) {
    for (int64_t x = 0; x < kSide; ++x) distance += std::abs(block[y * stride + x] - mean);
  }
  return distance;
}

/// The step below a pixel that makes `to` around place most like the block, to first order, whatever their
/// difference in brightness. Nothing where the block has structure in one direction only, or the step leaves
/// the pixel.
std::optional<BlockMove> refine(const GreyImage& from, const GreyImage& to, int64_t x, int64_t y,
                                Place place) {
  double n = 0, sum_x = 0, sum_y = 0, sum_d = 0;
  double xx = 0, xy = 0, yy = 0, xd = 0, yd = 0;
  for (int64_t row = 0; row < kSide; ++row) {
    for (int64_t column = 0; column < kSide; ++column) {
      const int64_t tx = x + place.dx + column;
      const int64_t ty = y + place.dy + row;
      if (tx < 1 || ty < 1 || tx + 1 >= to.width || ty + 1 >= to.height) continue;
      const double gx = (*at(to, tx + 1, ty) - *at(to, tx - 1, ty)) / 2.0;
      const double gy = (*at(to, tx, ty + 1) - *at(to, tx, ty - 1)) / 2.0;
      const double d = *at(to, tx, ty) - *at(from, x + column, y + row);
      n += 1;
      sum_x += gx;
      sum_y += gy;
      sum_d += d;
      xx += gx * gx;
      xy += gx * gy;
      yy += gy * gy;
      xd += gx * d;
      yd += gy * d;
    }
  }
  if (n == 0) return std::nullopt;
  // to(p + step) = from + brightness: to + gradient * step = from + brightness, least squares in all three.
  xx -= sum_x * sum_x / n;
  xy -= sum_x * sum_y / n;
  yy -= sum_y * sum_y / n;
  xd -= sum_x * sum_d / n;
  yd -= sum_y * sum_d / n;
  constexpr double kFlat = 1e-3;  // of det / trace², at most 1/4
  const double det = xx * yy - xy * xy;
  if (det <= kFlat * (xx + yy) * (xx + yy)) return std::nullopt;
  const BlockMove step{.dx = -(yy * xd - xy * yd) / det, .dy = -(xx * yd - xy * xd) / det};
  if (std::abs(step.dx) > 1 || std::abs(step.dy) > 1) return std::nullopt;
  return step;
}

std::optional<BlockMove> match(const GreyImage& from, const GreyImage& to, int64_t x, int64_t y,
                               int64_t reach) {
  const uint8_t* block = at(from, x, y);
  const int64_t uneven = unevenness(block, from.width);
  if (uneven < kEvenLevels * kArea) return BlockMove{};
  Place best;
  int64_t best_difference = difference(block, at(to, x, y), from.width);
  int64_t best_cost = best_difference;
  for (int64_t dy = std::max(-reach, -y); dy <= std::min(reach, to.height - kSide - y); ++dy) {
    for (int64_t dx = std::max(-reach, -x); dx <= std::min(reach, to.width - kSide - x); ++dx) {
      const int64_t distance_cost = kDistanceCost * (std::abs(dx) + std::abs(dy));
      if (distance_cost >= best_cost) continue;
      const int64_t found = difference(block, at(to, x + dx, y + dy), from.width);
      if (found + distance_cost >= best_cost) continue;
      best = {dx, dy};
      best_difference = found;
      best_cost = found + distance_cost;
    }
  }
  // No match: not much more alike than an even block would be.
  if (2 * best_difference > uneven) return std::nullopt;
  BlockMove move{.dx = static_cast<double>(best.dx), .dy = static_cast<double>(best.dy)};
  if (best_difference == 0) return move;
  if (const auto step = refine(from, to, x, y, best)) {
    move.dx += step->dx;
    move.dy += step->dy;
  }
  return move;
}

}  // namespace

GreyImage make_grey(const RgbImage& image, int64_t longest) {
  const int64_t long_side = std::max(image.width, image.height);
  const bool scales = long_side > longest;
  const auto scaled = [&](int64_t side) {
    return std::max<int64_t>(scales ? (2 * side * longest + long_side) / (2 * long_side) : side, 1);
  };
  const RgbImage small =
      scales ? io::resize_lanczos(image, scaled(image.width), scaled(image.height)) : RgbImage();
  const RgbImage& source = scales ? small : image;
  GreyImage grey{.width = source.width, .height = source.height, .grey = {}};
  grey.grey.reserve(static_cast<size_t>(grey.width * grey.height));
  for (size_t i = 0; i + 2 < source.rgb.size(); i += 3) {
    // 0.299, 0.587, 0.114 in 1/256.
    const int level = 77 * source.rgb[i] + 150 * source.rgb[i + 1] + 29 * source.rgb[i + 2];
    grey.grey.push_back(static_cast<uint8_t>((level + 128) >> 8));
  }
  return grey;
}

std::vector<BlockMove> match_blocks(const GreyImage& from, const GreyImage& to, int64_t reach) {
  std::vector<BlockMove> moves;
  for (int64_t y = 0; y + kSide <= from.height; y += kSide) {
    for (int64_t x = 0; x + kSide <= from.width; x += kSide) {
      if (const auto move = match(from, to, x, y, reach)) moves.push_back(*move);
    }
  }
  return moves;
}

}  // namespace sfv::data
