#pragma once

#include <cstdint>
#include <string_view>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

/// Pixels from one letter to the next, and of a line, at scale 1.
inline constexpr int64_t kFontAdvance = 6;
inline constexpr int64_t kFontHeight = 7;

/// Draws a line of text with a built-in font of 5x7 pixels, each drawn scale x scale; (x, y) is its top left.
/// ASCII letters (small ones look like capitals), digits and punctuation; any other character is a box.
/// What lies outside the picture is cut off. grey: brightness of the letters, their surroundings stay.
void draw_text(RgbImage& image, int64_t x, int64_t y, std::string_view text, int64_t scale, uint8_t grey);

}  // namespace sfv::io
