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

Clip to_clip(const torch::Tensor& pixels, double fps) {
  Clip clip;
  clip.fps = fps;
  const torch::Tensor levels = ((pixels.to(at::kCPU, at::kFloat) * 0.5 + 0.5).clamp_(0, 1) * 255.0)
                                   .round_()
                                   .to(at::kByte)
                                   .permute({0, 2, 3, 1})
                                   .contiguous();  // [T, H, W, 3]
  const int64_t bytes = levels.size(1) * levels.size(2) * 3;
  for (int64_t t = 0; t < levels.size(0); ++t) {
    const uint8_t* begin = levels.const_data_ptr<uint8_t>() + t * bytes;
    clip.frames.push_back(RgbImage{levels.size(2), levels.size(1), {begin, begin + bytes}});
  }
  return clip;
}

}  // namespace sfv::evaluation
