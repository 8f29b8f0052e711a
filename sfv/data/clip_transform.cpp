// What happens to every frame of a clip on its way from a file to training.
#include "sfv/data/clip_transform.h"

#include <algorithm>

#include "sfv/core/check.h"
#include "sfv/data/counter_random.h"
#include "sfv/io/resize.h"

namespace sfv::data {
namespace {

// The draws of one seed that belong to the transform: crop first, then the mirroring.
constexpr uint64_t kTransformStream = 0x7472616E73666F72;  // "transfor"

}  // namespace

RgbImage flip_horizontally(const RgbImage& image) {
  RgbImage flipped{.width = image.width, .height = image.height, .rgb = image.rgb};
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t* from = image.rgb.data() + y * image.width * 3;
    uint8_t* to = flipped.rgb.data() + (y + 1) * image.width * 3;
    for (int64_t x = 0; x < image.width; ++x) {
      to -= 3;
      std::copy_n(from + x * 3, 3, to);
    }
  }
  return flipped;
}

Clip transform_clip(const Clip& clip, const ClipTransform& transform, uint64_t draw_seed) {
  Clip result{.frames = {}, .fps = clip.fps};
  if (clip.frames.empty()) return result;
  const RgbImage& first = clip.frames.front();
  const io::ScaledSize scaled = io::cover_size(first.width, first.height, transform.width, transform.height);
  const int64_t surplus_x = scaled.width - transform.width;
  const int64_t surplus_y = scaled.height - transform.height;
  int64_t x = surplus_x / 2;
  int64_t y = surplus_y / 2;
  CounterRandom random(draw_seed, kTransformStream);
  if (transform.crop == CropPlace::kRandom) {
    x = random.between(0, surplus_x);
    y = random.between(0, surplus_y);
  }
  const bool flips = transform.flips && random.coin();
  for (const RgbImage& frame : clip.frames) {
    SFV_CHECK(frame.width == first.width && frame.height == first.height, kInvalidArgument,
              "[clip] expected frames of one size, found ", first.width, "x", first.height, " and ",
              frame.width, "x", frame.height);
    RgbImage cut = io::fit_crop_at(frame, transform.width, transform.height, x, y);
    result.frames.push_back(flips ? flip_horizontally(cut) : std::move(cut));
  }
  return result;
}

}  // namespace sfv::data
