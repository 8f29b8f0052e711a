#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sfv/core/cancel.h"
#include "sfv/evaluation/clip_decoder.h"
#include "sfv/evaluation/clip_places.h"
#include "sfv/evaluation/protocol.h"

namespace sfv::evaluation {

struct DroppedClip {
  std::string name;
  std::string reason;  // the error's message
};

/// A JSON list of {clip, reason}, as a protocol has it under "dropped".
[[nodiscard]] std::string dropped_text(const std::vector<DroppedClip>& dropped);

/// How clips are read, which changes no clip.
struct ReadOptions {
  int64_t threads = 1;   // that decode ahead, >= 1
  int64_t capacity = 2;  // clips read or being read and not yet taken, >= 1: what bounds memory
  /// Applied to each clip's pixels right after decoding, on the threads above; its result takes their place.
  /// Empty: none.
  std::function<torch::Tensor(const torch::Tensor&)> prepare = {};
};

/// Clips, one after the other. What is broken or too short is dropped and named, never an error. What comes,
/// and in which order, does not depend on threads.
class ClipReader {
 public:
  /// Those at the places, in order. Errors: kInvalidArgument for options that contradict each other.
  ClipReader(std::vector<ClipPlace> places, const ClipOptions& options, ReadOptions read = {});
  /// Those that inputs name. Errors: also those of find_clips.
  ClipReader(const std::vector<std::string>& inputs, const ClipOptions& options, ReadOptions read = {});
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
  /// Of each clip: as asked for, else the first clip's; 0 before there is one.
  [[nodiscard]] int64_t frames() const;
  [[nodiscard]] const std::vector<DroppedClip>& dropped() const;

  /// What has been read so far, for the record: clips, frames, size, stride, fps, resize, range, dropped (a
  /// JSON list of names and reasons).
  [[nodiscard]] Protocol protocol() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sfv::evaluation
