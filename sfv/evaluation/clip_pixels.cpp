#include "sfv/evaluation/clip_pixels.h"

#include <ATen/ops/empty.h>

#include "sfv/core/check.h"

namespace sfv::evaluation {

torch::Tensor to_pixels(const Clip& clip) {
  SFV_CHECK(!clip.frames.empty(), kInvalidArgument, "[clip] expected frames, got none");
  const int64_t T = static_cast<int64_t>(clip.frames.size());
  const int64_t H = clip.frames.front().height, W = clip.frames.front().width;
  torch::Tensor pixels = at::empty({T, 3, H, W}, at::kFloat);
  // By hand and not by tensor operations: those would start teams of threads on each thread that decodes.
  auto* plane = pixels.mutable_data_ptr<float>();
  for (const RgbImage& frame : clip.frames) {
    SFV_CHECK(frame.width == W && frame.height == H, kInvalidArgument,
              "[clip] expected frames of one size, got ", W, "x", H, " and ", frame.width, "x", frame.height);
    for (size_t c = 0; c < 3; ++c, plane += H * W) {
      const uint8_t* byte = frame.rgb.data() + c;
      for (int64_t i = 0; i < H * W; ++i, byte += 3) plane[i] = static_cast<float>(*byte) / 127.5F - 1;
    }
  }
  return pixels;
}

}  // namespace sfv::evaluation
