#include "sfv/training/train_batch.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

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

// Of a cached clip.
torch::Tensor as_latents(const data::EncodedClip& e) {
  return at::tensor(e.latents, at::kFloat).view({e.frames, e.channels, e.height, e.width});
}

}  // namespace

TrainBatch make_batch(std::vector<data::Sample> samples) {
  SFV_CHECK(!samples.empty(), kInvalidArgument, "[make_batch] expected samples, got none");
  TrainBatch batch;
  std::vector<torch::Tensor> clips, latents, embeds;
  for (data::Sample& sample : samples) {
    Clip& clip = sample.clip.clip;
    SFV_CHECK(!clip.frames.empty(), kInvalidArgument, "[make_batch] sample ", sample.position,
              " has no frames");
    clips.push_back(as_pixels(clip));
    SFV_CHECK(clips.back().sizes() == clips.front().sizes(), kInvalidArgument, "[make_batch] sample ",
              sample.position, " has [F, 3, H, W] = ", clips.back().sizes(), ", the first one ",
              clips.front().sizes());
    if (sample.clip.encoded) {
      latents.push_back(as_latents(*sample.clip.encoded));
      embeds.push_back(at::tensor(sample.clip.encoded->image_embeds, at::kFloat).unsqueeze(0));
      SFV_CHECK(latents.back().sizes() == latents.front().sizes() &&
                    embeds.back().sizes() == embeds.front().sizes(),
                kInvalidArgument, "[make_batch] cached sample ", sample.position, " has latents ",
                latents.back().sizes(), " and an embedding ", embeds.back().sizes(), ", the first one ",
                latents.front().sizes(), " and ", embeds.front().sizes());
    }
    batch.first_frames.push_back(std::move(clip.frames.front()));
    batch.motion.push_back(sample.clip.motion);
    batch.positions.push_back(sample.position);
  }
  SFV_CHECK(latents.empty() || latents.size() == clips.size(), kInvalidArgument, "[make_batch] ",
            latents.size(), " of ", clips.size(), " samples come from a cache; expected all or none");
  batch.pixels = at::stack(clips);
  if (!latents.empty()) {
    batch.latents = at::stack(latents);
    batch.image_embeds = at::stack(embeds);
  }
  return batch;
}

}  // namespace sfv::training
