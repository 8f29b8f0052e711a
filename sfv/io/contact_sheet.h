#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::io {

struct ContactSheetOptions {
  /// Which frames become columns, counted from 0; empty: up to 7 spread evenly, the first and the last among
  /// them.
  std::vector<int64_t> frames = {};
  int64_t frame_width = 0;  // pixels of one frame, its height in proportion; 0: as it is, at most 8192
  int64_t gap = 4;          // pixels between frames and around them, 0 to 1000
  uint8_t background = 32;  // grey
  std::vector<std::string> captions = {};  // of the rows, above each; empty, or one for each clip
};

/// The frames that make_contact_sheet() takes of a clip of `count` frames for empty `frames`: [0, 2, 4, 7, 9,
/// 11, 13] of 14.
[[nodiscard]] std::vector<int64_t> spread_frames(int64_t count);

/// Some frames of several clips in one picture: a row for each clip, in columns the chosen frames. A frame
/// that a shorter clip lacks stays empty. Clips may differ in size; each row is scaled to `frame_width`.
/// Errors: kInvalidArgument for no clip, an empty clip, frames of a clip that differ in size, options out of
/// range, a sheet over kMaxPixels.
[[nodiscard]] RgbImage make_contact_sheet(std::span<const Clip> clips,
                                          const ContactSheetOptions& options = {});

}  // namespace sfv::io
