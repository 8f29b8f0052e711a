#include "apps/sfv/train_samples.h"

#include <ATen/ops/stack.h>

#include "sfv/core/check.h"
#include "sfv/io/clip_grid.h"
#include "sfv/io/contact_sheet.h"
#include "sfv/io/image.h"
#include "sfv/pipeline/image_to_video.h"
#include "sfv/tensor/frame_levels.h"
#include "sfv/training/open_source.h"
#include "sfv/training/train_batch.h"

namespace sfv::cli {
namespace {

using training::Recipe;
using training::Stage;

std::vector<Clip> load_held_out(const Recipe& recipe) {
  const auto source = training::open_source(recipe.data, true);
  std::vector<Clip> clips;
  for (int64_t i = 0; i < std::min(recipe.samples.clips, source->size()); ++i) {
    clips.push_back(source->load(i, 0).clip);
  }
  return clips;
}

}  // namespace

TrainSamples::TrainSamples(const Recipe& recipe) : recipe_(recipe) {
  if (recipe.samples.every == 0) return;
  if (recipe.stage == Stage::kAutoencoder || recipe.samples.photos.empty()) held_out_ = load_held_out(recipe);
  for (const std::string& photo : recipe.samples.photos) photos_.push_back(io::load_image(photo));
  if (photos_.empty()) {
    for (const Clip& clip : held_out_) photos_.push_back(clip.frames.front());
  }
}

TrainSamples::Samples TrainSamples::reconstruct(checkpoint::Model& model) const {
  const torch::NoGradGuard no_grad;
  Samples samples;
  samples.columns = 2;
  for (size_t i = 0; i < held_out_.size(); ++i) {
    data::Sample sample;
    sample.clip.clip = held_out_[i];
    const torch::Tensor pixels = training::make_batch({sample}).pixels[0].to(model.device);  // [F, 3, H, W]
    const torch::Tensor latents = model.vae->encode_mode(pixels);
    const torch::Tensor decoded =
        model.tiny_decoder
            ? model.tiny_decoder->forward(latents * model.vae->config().scaling_factor, pixels.size(0)) * 2 -
                  1
            : model.vae->decode(latents, pixels.size(0));
    samples.clips.push_back(held_out_[i]);
    samples.captions.push_back(concat("clip ", i + 1));
    samples.clips.push_back(to_clip(decoded, held_out_[i].fps));
    samples.captions.emplace_back("decoded");
  }
  return samples;
}

TrainSamples::Samples TrainSamples::generate(checkpoint::Model& model) const {
  pipeline::ImageToVideo generator(model);
  const auto& s = recipe_.samples;
  Samples samples;
  samples.columns = std::ssize(s.steps);
  for (int64_t i = 0; i < s.clips; ++i) {
    const auto photo = static_cast<size_t>(i) % photos_.size();
    for (const int64_t steps : s.steps) {
      GenerateOptions options;
      options.width = recipe_.data.width;
      options.height = recipe_.data.height;
      options.frames = recipe_.data.frames;
      options.sampler = steps == 1 ? SamplerKind::kOneStep : s.multi_step_sampler;
      options.steps = steps;
      options.guidance = steps == 1 ? GuidanceRange{1, 1} : GuidanceRange{s.guidance_min, s.guidance_max};
      options.seed = s.seed + static_cast<uint64_t>(i) / photos_.size();
      samples.clips.push_back(generator.generate(photos_[photo], options, nullptr, nullptr).clip);
      samples.captions.push_back(concat("photo ", photo + 1, ", ", steps, steps == 1 ? " step" : " steps"));
    }
  }
  return samples;
}

std::optional<training::SamplePictures> TrainSamples::make(checkpoint::Model& model) const {
  if (photos_.empty() && held_out_.empty()) return std::nullopt;
  const Samples samples = recipe_.stage == Stage::kAutoencoder ? reconstruct(model) : generate(model);
  return training::SamplePictures{
      .sheet = io::make_contact_sheet(samples.clips, {.captions = samples.captions}),
      .grid = io::make_clip_grid(samples.clips, {.columns = samples.columns > 1 ? samples.columns : 0,
                                                 .captions = samples.captions})};
}

}  // namespace sfv::cli
