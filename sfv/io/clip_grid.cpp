#include "sfv/io/clip_grid.h"

#include <algorithm>
#include <cmath>

#include "sfv/core/check.h"
#include "sfv/io/bitmap_font.h"
#include "sfv/io/image.h"

namespace sfv::io {
namespace {

constexpr int64_t kMaxGap = 1000;
constexpr int64_t kTextScale = 2;
constexpr uint8_t kTextGrey = 224;

struct Grid {
  int64_t columns = 0;
  int64_t cell_width = 0;
  int64_t cell_height = 0;
  int64_t caption_height = 0;
  int64_t width = 0;
  int64_t height = 0;
  size_t frames = 0;
};

void check(std::span<const Clip> clips, const ClipGridOptions& options) {
  SFV_CHECK(!clips.empty(), kInvalidArgument, "[clip_grid] expected at least one clip");
  SFV_CHECK(options.gap >= 0 && options.gap <= kMaxGap, kInvalidArgument, "[clip_grid] gap: expected 0 to ",
            kMaxGap, ", found ", options.gap);
  SFV_CHECK(options.columns >= 0, kInvalidArgument, "[clip_grid] columns: expected 0 or more, found ",
            options.columns);
  SFV_CHECK(options.captions.empty() || options.captions.size() == clips.size(), kInvalidArgument,
            "[clip_grid] captions: expected none or ", clips.size(), ", found ", options.captions.size());
  for (const Clip& clip : clips) {
    SFV_CHECK(!clip.frames.empty(), kInvalidArgument, "[clip_grid] expected clips with frames");
    const RgbImage& first = clip.frames.front();
    for (const RgbImage& frame : clip.frames) {
      SFV_CHECK(frame.width >= 1 && frame.height >= 1 && frame.width <= kMaxSide &&
                    frame.height <= kMaxSide && frame.width == first.width && frame.height == first.height &&
                    static_cast<int64_t>(frame.rgb.size()) == frame.width * frame.height * 3,
                kInvalidArgument, "[clip_grid] expected frames of one size in a clip");
    }
  }
}

Grid grid_of(std::span<const Clip> clips, const ClipGridOptions& options) {
  const auto count = static_cast<int64_t>(clips.size());
  const auto square = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  Grid grid;
  grid.columns = std::min(count, options.columns == 0 ? square : options.columns);
  for (const Clip& clip : clips) {
    grid.cell_width = std::max(grid.cell_width, clip.frames.front().width);
    grid.cell_height = std::max(grid.cell_height, clip.frames.front().height);
    grid.frames = std::max(grid.frames, clip.frames.size());
  }
  grid.caption_height = options.captions.empty() ? 0 : kFontHeight * kTextScale + kTextScale * 2;
  const int64_t rows = (count + grid.columns - 1) / grid.columns;
  const int64_t step_x = grid.cell_width + options.gap,
                step_y = grid.caption_height + grid.cell_height + options.gap;
  SFV_CHECK(grid.columns <= kMaxSide / (step_x + 1) && rows <= kMaxSide / (step_y + 1), kInvalidArgument,
            "[clip_grid] expected a picture of at most ", kMaxSide, " pixels a side; choose fewer clips");
  grid.width = options.gap + grid.columns * step_x;
  grid.height = options.gap + rows * step_y;
  SFV_CHECK(grid.width <= kMaxPixels / grid.height, kInvalidArgument,
            "[clip_grid] expected a picture of at most ", kMaxPixels, " pixels, found ", grid.width, "x",
            grid.height, "; choose fewer clips");
  return grid;
}

void paste(RgbImage& picture, const RgbImage& frame, int64_t x, int64_t y) {
  for (int64_t row = 0; row < frame.height; ++row) {
    std::copy_n(frame.rgb.begin() + row * frame.width * 3, frame.width * 3,
                picture.rgb.begin() + ((y + row) * picture.width + x) * 3);
  }
}

}  // namespace

Clip make_clip_grid(std::span<const Clip> clips, const ClipGridOptions& options) {
  check(clips, options);
  const Grid grid = grid_of(clips, options);
  RgbImage empty{grid.width, grid.height,
                 std::vector<uint8_t>(static_cast<size_t>(grid.width * grid.height * 3), options.background)};
  const auto x_of = [&](size_t i) {
    return options.gap + static_cast<int64_t>(i) % grid.columns * (grid.cell_width + options.gap);
  };
  const auto y_of = [&](size_t i) {
    return options.gap +
           static_cast<int64_t>(i) / grid.columns * (grid.caption_height + grid.cell_height + options.gap);
  };
  // Captions stand in their own cell: what is too long for it is cut by drawing on a strip of its width.
  for (size_t i = 0; i < options.captions.size(); ++i) {
    RgbImage strip{grid.cell_width, grid.caption_height,
                   std::vector<uint8_t>(static_cast<size_t>(grid.cell_width * grid.caption_height * 3),
                                        options.background)};
    draw_text(strip, 0, 0, options.captions[i], kTextScale, kTextGrey);
    paste(empty, strip, x_of(i), y_of(i));
  }
  Clip result;
  result.fps = clips.front().fps;
  for (size_t f = 0; f < grid.frames; ++f) {
    RgbImage picture = empty;
    for (size_t i = 0; i < clips.size(); ++i) {
      const std::vector<RgbImage>& frames = clips[i].frames;
      paste(picture, frames[std::min(f, frames.size() - 1)], x_of(i), y_of(i) + grid.caption_height);
    }
    result.frames.push_back(std::move(picture));
  }
  return result;
}

}  // namespace sfv::io
