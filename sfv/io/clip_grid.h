#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

struct ClipGridOptions {
  int64_t columns = 0;                     // 1 or more; 0: about as many as rows
  int64_t gap = 4;                         // pixels between clips and around them, 0 to 1000
  uint8_t background = 32;                 // grey
  std::vector<std::string> captions = {};  // above each clip; empty, or one for each
};

/// Several clips side by side as one that plays them at once, at the first one's rate, in rows from left to
/// right. Cells have the size of the largest clip; a clip that ends early stays on its last frame. Errors:
/// kInvalidArgument for no clip, an empty clip, frames of a clip that differ in size, options out of range, a
/// picture over kMaxPixels.
[[nodiscard]] Clip make_clip_grid(std::span<const Clip> clips, const ClipGridOptions& options = {});

}  // namespace sfv::io
