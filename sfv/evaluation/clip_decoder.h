#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "sfv/evaluation/clip_places.h"

namespace sfv::evaluation {

/// How clips are cut out of what is given.
struct ClipOptions {
  int64_t frames = 0;  // of each clip; 0: as many as the first clip has
  int64_t stride = 1;  // every stride-th stored frame, from the first; not with fps
  double fps = 0;      // frames per second, by the formula of data/clip_index.h; 0: frames as stored
  int64_t width = 0;   // pixels; 0: as stored, and then all clips must have one size
  int64_t height = 0;
  bool stretches = false;  // to width x height; else covers them and cuts the centre
};

struct EvaluatedClip {
  std::string name;      // the file, with ": clip 3" where it holds several
  torch::Tensor pixels;  // [T, 3, H, W], float32, -1..1, contiguous
  double fps = 7;        // frames per second, as far as known
};

/// Reads, cuts and scales one clip. options.frames of 0 takes all. May run on several threads at once.
/// Errors: kInvalidFile for a clip that is broken, too short or not finite; kInvalidArgument for decoded
/// clips with an fps or a size; those of the readers.
[[nodiscard]] EvaluatedClip decode_clip(const ClipPlace& place, const ClipOptions& options);

}  // namespace sfv::evaluation
