#include "sfv/training/train_batch.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>

#include <utility>

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

// [3, H, W], -1..1.
torch::Tensor as_pixels(RgbImage& image) {
  return at::from_blob(image.rgb.data(), {image.height, image.width, 3}, at::kByte)
      .permute({2, 0, 1})
      .to(at::kFloat)
      .div_(127.5)
      .sub_(1);
}

torch::Tensor as_pixels(Clip& clip) {
  std::vector<torch::Tensor> frames;
  for (RgbImage& frame : clip.frames) frames.push_back(as_pixels(frame));
  return at::stack(frames);
}

}  // namespace

TrainBatch make_batch(std::vector<data::Sample> samples) {
  SFV_CHECK(!samples.empty(), kInvalidArgument, "[make_batch] expected samples, got none");
  TrainBatch batch;
  std::vector<torch::Tensor> clips;
  for (data::Sample& sample : samples) {
    Clip& clip = sample.clip.clip;
    SFV_CHECK(!clip.frames.empty(), kInvalidArgument, "[make_batch] sample ", sample.position,
              " has no frames");
    clips.push_back(as_pixels(clip));
    SFV_CHECK(clips.back().sizes() == clips.front().sizes(), kInvalidArgument, "[make_batch] sample ",
              sample.position, " has [F, 3, H, W] = ", clips.back().sizes(), ", the first one ",
              clips.front().sizes());
    batch.first_frames.push_back(std::move(clip.frames.front()));
    batch.motion.push_back(sample.clip.motion);
    batch.positions.push_back(sample.position);
  }
  batch.pixels = at::stack(clips);
  return batch;
}

}  // namespace sfv::training
