#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sfv/core/cancel.h"
#include "sfv/evaluation/protocol.h"

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
  torch::Tensor pixels;  // [T, 3, H, W], float32, -1..1
  double fps = 7;        // frames per second, as far as known
};

struct DroppedClip {
  std::string name;
  std::string reason;  // the error's message
};

/// The clips that inputs name, one after the other. An input is a video, an animation, a folder of such files
/// and of folders of numbered pictures (with all below it), a .jsonl manifest, a pattern (*, ?, […]), or a
/// .safetensors file with decoded clips: `video` [N, 3, T, H, W] or `frames` [N, T, 3, H, W], floating, about
/// -1..1 (clamped). What is broken or too short is dropped and named, never an error.
class ClipReader {
 public:
  /// Errors: kInvalidArgument for options that contradict each other; kNotFound for an input that is not
  /// there or a pattern that matches nothing.
  ClipReader(const std::vector<std::string>& inputs, const ClipOptions& options);
  ~ClipReader();
  ClipReader(const ClipReader&) = delete;
  ClipReader& operator=(const ClipReader&) = delete;

  /// The next usable clip; nothing after the last. All have the same number of frames and the same size.
  /// cancel may be null. Errors: kInvalidArgument for a clip of another size than the first, which
  /// only a width and height can mend; kCancelled, kOutOfMemory, kInternal.
  [[nodiscard]] std::optional<EvaluatedClip> next(const CancelToken* cancel);
  /// Clips named, usable or not, and how many of them next() has passed.
  [[nodiscard]] int64_t total() const;
  [[nodiscard]] int64_t passed() const;
  [[nodiscard]] const std::vector<DroppedClip>& dropped() const;

  /// What has been read so far, for the record: clips, frames, size, stride, fps, resize, range, dropped (a
  /// JSON list of names and reasons).
  [[nodiscard]] Protocol protocol() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sfv::evaluation
