#include "sfv/data/procedural_source.h"

#include <utility>

#include "sfv/core/check.h"
#include "sfv/data/motion.h"

namespace sfv::data {

ProceduralSource::ProceduralSource(ProceduralOptions options, std::unique_ptr<Backgrounds> backgrounds)
    : options_(std::move(options)),
      kind_(procedural_kind(options_.kind)),
      backgrounds_(std::move(backgrounds)) {
  check_procedural_clip(request(0));
  SFV_CHECK(options_.size >= 1, kInvalidArgument, "[data] expected at least 1 clip, got ", options_.size);
  SFV_CHECK(!kind_.needs_photos || backgrounds_, kInvalidArgument, "[data] clips of kind ", options_.kind,
            " play over photos: name some");
}

ProceduralClip ProceduralSource::request(int64_t item) const {
  return {.width = options_.width,
          .height = options_.height,
          .scene_side = options_.scene_side,
          .frames = options_.frames,
          .fps = options_.fps,
          .seed = options_.seed,
          .number = item,
          .backgrounds = backgrounds_.get()};
}

std::string ProceduralSource::name(int64_t item) const {
  return concat(options_.kind, " ", item, " of seed ", options_.seed);
}

TrainingClip ProceduralSource::load(int64_t item, uint64_t) const {
  SFV_CHECK(item >= 0 && item < options_.size, kInvalidArgument, "[data] expected an item from 0 to ",
            options_.size - 1, ", got ", item);
  DrawnClip drawn = kind_.draw(request(item));
  const int64_t motion = drawn.motion ? *drawn.motion : measure_motion(drawn.clip).bucket;
  return {.clip = std::move(drawn.clip), .motion = motion};
}

}  // namespace sfv::data
