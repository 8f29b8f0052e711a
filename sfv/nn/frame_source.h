#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace sfv::nn {

/// Frames in parts, in order: [n, C, H, W] each, channels-last.
using FrameParts = std::vector<torch::Tensor>;

/// A network's input that is made when it is asked for, so that it is never there at once.
struct FrameSource {
  int64_t N = 0, C = 0, H = 0, W = 0;  // of all frames together
  int64_t element_size = 0;            // bytes of a number
  /// The next `count` frames, which are there: [count, C, H, W].
  std::function<torch::Tensor(int64_t count)> next;

  /// How many frames at a time make tensors of ops::max_piece_bytes(), with so many channels or its own.
  [[nodiscard]] int64_t frames_at_once(int64_t channels) const;
};

/// These frames. The memory of a part is free once its last frame was taken.
[[nodiscard]] FrameSource frames_of(FrameParts parts);

}  // namespace sfv::nn
