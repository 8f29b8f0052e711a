#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sfv/core/rgb_image.h"
#include "sfv/data/clip_index.h"
#include "sfv/data/clip_list.h"
#include "sfv/io/video_times.h"

namespace sfv::data {

/// When each frame of an item is shown. A picture folder's frame i is shown at i / fps, fps being the item's
/// or, if it has none, default_fps. Errors: kInvalidFile for a folder with missing numbers; those of
/// io::scan_video_times.
[[nodiscard]] io::VideoTimes scan_item(const ClipItem& item, double default_fps);

/// The frames at which a clip of this item may start: clip_starts over the item's part. Errors: kInvalidFile,
/// naming the item, its length and the length needed, if there is none.
[[nodiscard]] StartRange item_starts(const ClipItem& item, const io::VideoTimes& times,
                                     const ClipTiming& timing);

/// The clip that starts when frame `first` appears, as stored: neither scaled nor cut. Errors: those of
/// io::read_video_frames and load_frames.
[[nodiscard]] Clip read_item_clip(const ClipItem& item, const io::VideoTimes& times, int64_t first,
                                  const ClipTiming& timing);

}  // namespace sfv::data
