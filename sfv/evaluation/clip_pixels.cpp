#include "sfv/evaluation/clip_pixels.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include "sfv/core/check.h"

namespace sfv::evaluation {

torch::Tensor to_pixels(const Clip& clip) {
  SFV_CHECK(!clip.frames.empty(), kInvalidArgument, "[clip] expected frames, got none");
  const int64_t T = static_cast<int64_t>(clip.frames.size());
  const int64_t H = clip.frames.front().height, W = clip.frames.front().width;
  torch::Tensor pixels = at::empty({T, 3, H, W}, at::kFloat);
  for (int64_t t = 0; t < T; ++t) {
    const RgbImage& frame = clip.frames[static_cast<size_t>(t)];
    SFV_CHECK(frame.width == W && frame.height == H, kInvalidArgument,
              "[clip] expected frames of one size, got ", W, "x", H, " and ", frame.width, "x", frame.height);
    // from_blob only reads.
    auto* bytes = const_cast<uint8_t*>(frame.rgb.data());
    pixels[t].copy_(at::from_blob(bytes, {H, W, 3}, at::kByte).permute({2, 0, 1}));
  }
  return pixels.div_(127.5).sub_(1);
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
