#include "sfv/io/resize.h"

#include <algorithm>

#include "sfv/core/check.h"
#include "sfv/io/image.h"
#include "sfv/io/lanczos_weights.h"
#include "sfv/io/resample_passes.h"

namespace sfv::io {
namespace {

constexpr int64_t kBetweenBytes = int64_t{4} << 20;  // aim for what lies between the passes

/// Part of a scaled picture: width x height pixels from (x, y) on, of scaled_width x scaled_height.
struct Window {
  int64_t scaled_width, scaled_height;
  int64_t x, y, width, height;
};

void check_size(int64_t width, int64_t height) {
  SFV_CHECK(
      width >= 1 && height >= 1 && width <= kMaxSide && height <= kMaxSide && width * height <= kMaxPixels,
      kInvalidArgument, "[resize] expected a size from 1x1 to ", kMaxPixels, " pixels in all, found ", width,
      "x", height, "; choose a smaller size");
}

void check_sizes(const RgbImage& image, int64_t width, int64_t height) {
  SFV_CHECK(image.width >= 1 && image.height >= 1 && image.width <= kMaxSide && image.height <= kMaxSide &&
                static_cast<int64_t>(image.rgb.size()) == image.width * image.height * 3,
            kInvalidArgument, "[resize] expected a picture of 1 to ", kMaxSide, " pixels a side, found ",
            image.width, "x", image.height, " with ", image.rgb.size(), " bytes");
  check_size(width, height);
}

/// Pillow 13 scales the height first where it shrinks by more than twice as many pixels as the width does;
/// earlier versions never did.
bool is_height_first(const RgbImage& image, const Window& window) {
  return image.height - window.scaled_height > 2 * std::max<int64_t>(image.width - window.scaled_width, 0);
}

/// How many of `all` output columns (or rows) to make at once when each needs `bytes` between the passes.
int64_t strip_size(int64_t bytes, int64_t all) {
  return std::clamp<int64_t>(kBetweenBytes / bytes, 1, all);
}

/// Scales to window.scaled_width x scaled_height and returns the window of it, computing no more than that.
/// The window is worked off in strips, so that what lies between the passes stays small however tall or wide
/// the picture is.
RgbImage resize_window(const RgbImage& image, const Window& window) {
  const bool changes_width = window.scaled_width != image.width;
  const bool changes_height = window.scaled_height != image.height;
  std::vector<LanczosTaps> across, down;
  if (changes_width) across = make_lanczos_taps(image.width, window.scaled_width, window.x, window.width);
  if (changes_height) down = make_lanczos_taps(image.height, window.scaled_height, window.y, window.height);

  RgbImage out{.width = window.width, .height = window.height, .rgb = {}};
  out.rgb.resize(static_cast<size_t>(window.width * window.height * 3));
  const ConstPixels source{.data = image.rgb.data(), .stride = image.width * 3, .x = 0, .y = 0};
  const Pixels target{.data = out.rgb.data(), .stride = out.width * 3};

  if (!changes_width && !changes_height) {
    for (int64_t y = 0; y < window.height; ++y) {
      std::copy_n(source.at(window.x, window.y + y), target.stride, target.at(0, y));
    }
  } else if (!changes_height) {
    resample_columns(source, window.y, window.height, across, target);
  } else if (!changes_width) {
    resample_rows(source, window.x, window.width, down, target);
  } else if (is_height_first(image, window)) {
    const int64_t first = across.front().first;
    const int64_t columns = across.back().end() - first;
    const int64_t strip = strip_size(columns * 3, window.height);
    std::vector<uint8_t> between(static_cast<size_t>(strip * columns * 3));
    for (int64_t y = 0; y < window.height; y += strip) {
      const int64_t rows = std::min(strip, window.height - y);
      resample_rows(source, first, columns, std::span(down).subspan(y, rows), {between.data(), columns * 3});
      const ConstPixels part{.data = between.data(), .stride = columns * 3, .x = first, .y = 0};
      resample_columns(part, 0, rows, across, {target.at(0, y), target.stride});
    }
  } else {
    const int64_t first = down.front().first;
    const int64_t rows = down.back().end() - first;
    const int64_t strip = strip_size(rows * 3, window.width);
    std::vector<uint8_t> between(static_cast<size_t>(strip * rows * 3));
    for (int64_t x = 0; x < window.width; x += strip) {
      const int64_t columns = std::min(strip, window.width - x);
      resample_columns(source, first, rows, std::span(across).subspan(x, columns),
                       {between.data(), columns * 3});
      const ConstPixels part{.data = between.data(), .stride = columns * 3, .x = 0, .y = first};
      resample_rows(part, 0, columns, down, {target.at(x, 0), target.stride});
    }
  }
  return out;
}

/// side * numerator / denominator rounded to the nearest integer, halves up. All up to kMaxSide: no overflow.
int64_t scale_side(int64_t side, int64_t numerator, int64_t denominator) {
  return (2 * side * numerator + denominator) / (2 * denominator);
}

}  // namespace

RgbImage resize_lanczos(const RgbImage& image, int64_t width, int64_t height) {
  check_sizes(image, width, height);
  return resize_window(
      image,
      {.scaled_width = width, .scaled_height = height, .x = 0, .y = 0, .width = width, .height = height});
}

ScaledSize cover_size(int64_t image_width, int64_t image_height, int64_t width, int64_t height) {
  SFV_CHECK(image_width >= 1 && image_height >= 1 && image_width <= kMaxSide && image_height <= kMaxSide,
            kInvalidArgument, "[resize] expected a picture of 1 to ", kMaxSide, " pixels a side, found ",
            image_width, "x", image_height);
  check_size(width, height);
  if (width * image_height >= height * image_width) {  // the width decides the scale
    return {.width = width, .height = std::max(height, scale_side(image_height, width, image_width))};
  }
  return {.width = std::max(width, scale_side(image_width, height, image_height)), .height = height};
}

RgbImage fit_crop_at(const RgbImage& image, int64_t width, int64_t height, int64_t x, int64_t y) {
  check_sizes(image, width, height);
  const ScaledSize scaled = cover_size(image.width, image.height, width, height);
  SFV_CHECK(x >= 0 && y >= 0 && x <= scaled.width - width && y <= scaled.height - height, kInvalidArgument,
            "[resize] expected a cut of ", width, "x", height, " inside ", scaled.width, "x", scaled.height,
            ", got one at (", x, ", ", y, ")");
  return resize_window(image, {.scaled_width = scaled.width,
                               .scaled_height = scaled.height,
                               .x = x,
                               .y = y,
                               .width = width,
                               .height = height});
}

RgbImage fit_crop(const RgbImage& image, int64_t width, int64_t height) {
  check_sizes(image, width, height);
  const ScaledSize scaled = cover_size(image.width, image.height, width, height);
  return fit_crop_at(image, width, height, (scaled.width - width) / 2, (scaled.height - height) / 2);
}

RgbImage fit_pad(const RgbImage& image, int64_t width, int64_t height) {
  check_sizes(image, width, height);
  int64_t inner_width = width;
  int64_t inner_height = height;
  if (width * image.height <= height * image.width) {
    inner_height = std::clamp<int64_t>(scale_side(image.height, width, image.width), 1, height);
  } else {
    inner_width = std::clamp<int64_t>(scale_side(image.width, height, image.height), 1, width);
  }
  const RgbImage inner = resize_lanczos(image, inner_width, inner_height);
  if (inner_width == width && inner_height == height) return inner;

  RgbImage out{.width = width, .height = height, .rgb = {}};
  out.rgb.assign(static_cast<size_t>(width * height * 3), 0);
  const int64_t x = (width - inner_width) / 2;
  const int64_t y = (height - inner_height) / 2;
  for (int64_t row = 0; row < inner_height; ++row) {
    std::copy_n(&inner.rgb[row * inner_width * 3], inner_width * 3, &out.rgb[((y + row) * width + x) * 3]);
  }
  return out;
}

}  // namespace sfv::io
