#include "sfv/tensor/frame_levels.h"

#include <ATen/ops/empty.h>

namespace sfv {

// Frame by frame: the float tensors on the way stay small.
torch::Tensor to_levels(const torch::Tensor& frames) {
  const torch::Tensor levels =
      at::empty({frames.size(0), frames.size(2), frames.size(3), 3}, frames.options().dtype(at::kByte));
  for (int64_t i = 0; i < frames.size(0); ++i) {
    const torch::Tensor level = ((frames[i] * 0.5 + 0.5).clamp(0, 1) * 255.0).round();
    levels[i].copy_(level.permute({1, 2, 0}));
  }
  return levels;
}

void append_frames(const torch::Tensor& levels, Clip& clip) {
  const int64_t height = levels.size(1), width = levels.size(2), size = height * width * 3;
  for (int64_t i = 0; i < levels.size(0); ++i) {
    const auto* begin = levels.const_data_ptr<uint8_t>() + i * size;
    clip.frames.push_back(RgbImage{width, height, {begin, begin + size}});
  }
}

Clip to_clip(const torch::Tensor& frames, double fps) {
  Clip clip;
  clip.fps = fps;
  append_frames(to_levels(frames.to(at::kCPU, at::kFloat)), clip);
  return clip;
}

}  // namespace sfv
