#include "sfv/nn/frame_source.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "sfv/ops/split.h"

namespace sfv::nn {

int64_t FrameSource::frames_at_once(int64_t channels) const {
  const int64_t of_a_frame = std::max(C, channels) * H * W * element_size;
  return std::clamp<int64_t>(ops::max_piece_bytes() / std::max<int64_t>(of_a_frame, 1), 1, N);
}

FrameSource frames_of(FrameParts parts) {
  const torch::Tensor& first = parts.front();
  FrameSource source{.N = 0,
                     .C = first.size(1),
                     .H = first.size(2),
                     .W = first.size(3),
                     .element_size = static_cast<int64_t>(first.element_size()),
                     .next = {}};
  for (const torch::Tensor& part : parts) source.N += part.size(0);
  // A function is copied with what it holds: all copies are to give the same frames once.
  const auto left = std::make_shared<std::deque<torch::Tensor>>(parts.begin(), parts.end());
  source.next = [left](int64_t count) {
    FrameParts found;
    while (count > 0) {
      torch::Tensor& part = left->front();
      const int64_t size = part.size(0), taken = std::min(count, size);
      found.push_back(part.narrow(0, 0, taken));
      if (taken == size) {
        left->pop_front();
      } else {
        part = part.narrow(0, taken, size - taken);
      }
      count -= taken;
    }
    return found.size() == 1 ? found[0] : at::cat(found);
  };
  return source;
}

}  // namespace sfv::nn
