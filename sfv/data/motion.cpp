// How much a clip moves, as SVD's motion bucket wants it. SVD's own measure was never published; this one is
// ours, and docs/data.md states it.
#include "sfv/data/motion.h"

#include <cmath>

#include "sfv/core/check.h"
#include "sfv/data/block_motion.h"

namespace sfv::data {
namespace {

constexpr int64_t kLongest = 96;   // pixels of the small picture
constexpr int64_t kReach = 16;     // pixels of the small picture
constexpr double kMiddle = 0.125;  // picture sides a second at the middle of the scale
constexpr double kBuckets = 255;

/// Mean length of the moves in picture sides; a negative number where nothing was found again.
double mean_move(const GreyImage& from, const GreyImage& to) {
  const std::vector<BlockMove> moves = match_blocks(from, to, kReach);
  if (moves.empty()) return -1;
  double sum = 0;
  for (const BlockMove& move : moves) sum += std::sqrt(move.dx * move.dx + move.dy * move.dy);
  const double side = std::sqrt(static_cast<double>(from.width * from.height));
  return sum / static_cast<double>(moves.size()) / side;
}

}  // namespace

int64_t motion_bucket(double per_second) {
  if (!(per_second > 0)) return 0;
  if (std::isinf(per_second)) return static_cast<int64_t>(kBuckets);
  return std::llround(kBuckets * per_second / (per_second + kMiddle));
}

Motion measure_motion(const Clip& clip) {
  Motion motion;
  GreyImage before;
  double sum = 0;
  int64_t pairs = 0;
  for (size_t i = 0; i < clip.frames.size(); ++i) {
    const RgbImage& frame = clip.frames[i];
    const RgbImage& first = clip.frames.front();
    SFV_CHECK(frame.width >= 1 && frame.height >= 1 && frame.width == first.width &&
                  frame.height == first.height &&
                  static_cast<int64_t>(frame.rgb.size()) == frame.width * frame.height * 3,
              kInvalidArgument, "[motion] expected frames of one size, found ", first.width, "x",
              first.height, " and ", frame.width, "x", frame.height);
    GreyImage grey = make_grey(frame, kLongest);
    const double move = i > 0 ? mean_move(before, grey) : -1;
    if (move >= 0) {
      sum += move;
      ++pairs;
    }
    before = std::move(grey);
  }
  if (pairs > 0) motion.per_frame = sum / static_cast<double>(pairs);
  motion.per_second = motion.per_frame * clip.fps;
  motion.bucket = motion_bucket(motion.per_second);
  return motion;
}

}  // namespace sfv::data
