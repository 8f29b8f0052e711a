#include "sfv/io/contact_sheet.h"

#include <algorithm>

#include "sfv/core/check.h"
#include "sfv/io/bitmap_font.h"
#include "sfv/io/image.h"
#include "sfv/io/resize.h"

namespace sfv::io {
namespace {

constexpr int64_t kMaxFrameWidth = 8192;
constexpr int64_t kMaxGap = 1000;
constexpr int64_t kColumns = 7;
constexpr int64_t kTextScale = 2;
constexpr uint8_t kTextGrey = 224;

struct Size {
  int64_t width = 0;
  int64_t height = 0;
};

void check(std::span<const Clip> clips, const ContactSheetOptions& options) {
  SFV_CHECK(!clips.empty(), kInvalidArgument, "[contact_sheet] expected at least one clip");
  SFV_CHECK(options.gap >= 0 && options.gap <= kMaxGap, kInvalidArgument,
            "[contact_sheet] gap: expected 0 to ", kMaxGap, ", found ", options.gap);
  SFV_CHECK(options.frame_width >= 0 && options.frame_width <= kMaxFrameWidth, kInvalidArgument,
            "[contact_sheet] frame_width: expected 0 to ", kMaxFrameWidth, ", found ", options.frame_width);
  SFV_CHECK(options.captions.empty() || options.captions.size() == clips.size(), kInvalidArgument,
            "[contact_sheet] captions: expected none or ", clips.size(), ", found ", options.captions.size());
  SFV_CHECK(
      std::all_of(options.frames.begin(), options.frames.end(), [](int64_t frame) { return frame >= 0; }),
      kInvalidArgument, "[contact_sheet] frames: expected numbers from 0");
  for (const Clip& clip : clips) {
    SFV_CHECK(!clip.frames.empty(), kInvalidArgument, "[contact_sheet] expected clips with frames");
    const RgbImage& first = clip.frames.front();
    for (const RgbImage& frame : clip.frames) {
      SFV_CHECK(frame.width >= 1 && frame.height >= 1 && frame.width == first.width &&
                    frame.height == first.height &&
                    static_cast<int64_t>(frame.rgb.size()) == frame.width * frame.height * 3,
                kInvalidArgument, "[contact_sheet] expected frames of one size in a clip");
    }
  }
}

/// Of a frame on the sheet.
Size size_of(const Clip& clip, const ContactSheetOptions& options) {
  const RgbImage& frame = clip.frames.front();
  if (options.frame_width == 0) return {frame.width, frame.height};
  const int64_t height = (frame.height * options.frame_width + frame.width / 2) / frame.width;
  return {options.frame_width, std::max<int64_t>(1, height)};
}

void paste(RgbImage& sheet, const RgbImage& frame, int64_t x, int64_t y) {
  for (int64_t row = 0; row < frame.height; ++row) {
    std::copy_n(frame.rgb.begin() + row * frame.width * 3, frame.width * 3,
                sheet.rgb.begin() + ((y + row) * sheet.width + x) * 3);
  }
}

}  // namespace

std::vector<int64_t> spread_frames(int64_t count) {
  const int64_t columns = std::min(count, kColumns);
  std::vector<int64_t> frames;
  for (int64_t i = 0; i < columns; ++i) {
    // Nearest to i / (columns - 1) of the way, halves up.
    frames.push_back(columns == 1 ? 0 : (2 * i * (count - 1) + columns - 1) / (2 * (columns - 1)));
  }
  return frames;
}

RgbImage make_contact_sheet(std::span<const Clip> clips, const ContactSheetOptions& options) {
  check(clips, options);
  std::vector<int64_t> frames = options.frames;
  int64_t longest = 0;
  for (const Clip& clip : clips) longest = std::max(longest, static_cast<int64_t>(clip.frames.size()));
  if (frames.empty()) frames = spread_frames(longest);
  const auto columns = static_cast<int64_t>(frames.size());
  const int64_t caption_height = options.captions.empty() ? 0 : kFontHeight * kTextScale + kTextScale * 2;

  Size cell;
  int64_t height = options.gap;
  for (const Clip& clip : clips) {
    const Size size = size_of(clip, options);
    cell.width = std::max(cell.width, size.width);
    height += caption_height + size.height + options.gap;
    SFV_CHECK(height <= kMaxSide, kInvalidArgument, "[contact_sheet] expected a sheet of at most ", kMaxSide,
              " pixels in height");
  }
  SFV_CHECK(columns <= kMaxSide / (cell.width + options.gap + 1), kInvalidArgument,
            "[contact_sheet] expected a sheet of at most ", kMaxSide, " pixels in width");
  const int64_t width = options.gap + columns * (cell.width + options.gap);
  SFV_CHECK(width <= kMaxPixels / height, kInvalidArgument, "[contact_sheet] expected a sheet of at most ",
            kMaxPixels, " pixels, found ", width, "x", height,
            "; choose fewer clips or a smaller frame_width");

  RgbImage sheet{width, height,
                 std::vector<uint8_t>(static_cast<size_t>(width * height * 3), options.background)};
  int64_t y = options.gap;
  for (size_t row = 0; row < clips.size(); ++row) {
    if (!options.captions.empty()) {
      draw_text(sheet, options.gap, y, options.captions[row], kTextScale, kTextGrey);
      y += caption_height;
    }
    const Size size = size_of(clips[row], options);
    for (int64_t column = 0; column < columns; ++column) {
      const auto index = static_cast<size_t>(frames[static_cast<size_t>(column)]);
      if (index >= clips[row].frames.size()) continue;
      paste(sheet, resize_lanczos(clips[row].frames[index], size.width, size.height),
            options.gap + column * (cell.width + options.gap), y);
    }
    y += size.height + options.gap;
  }
  return sheet;
}

}  // namespace sfv::io
