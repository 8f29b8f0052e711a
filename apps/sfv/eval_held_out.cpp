#include "apps/sfv/eval_held_out.h"

#include "sfv/core/check.h"
#include "sfv/data/procedural_source.h"
#include "sfv/training/open_source.h"

namespace sfv::cli {
namespace {

bool is_clip_fault(const Error& error) {
  return error.code() != ErrorCode::kCancelled && error.code() != ErrorCode::kOutOfMemory &&
         error.code() != ErrorCode::kInternal;
}

}  // namespace

HeldOutSet::HeldOutSet(const training::Recipe& recipe)
    : recipe_(recipe),
      source_(training::open_source(recipe.data, true)),
      has_scenes_(recipe.data.source == training::DataSource::kShapes) {}

HeldOutClip HeldOutSet::load(int64_t index) {
  data::TrainingClip clip;
  while (static_cast<int64_t>(items_.size()) <= index) {
    SFV_CHECK(next_item_ < source_->size(), kInvalidArgument, "[eval] the recipe's data has only ",
              items_.size(), " usable held-out clips; ask for fewer with --clips (two sets are needed)");
    const int64_t item = next_item_++;
    try {
      clip = source_->load(item, 0);
      items_.push_back(item);
    } catch (const Error& error) {
      if (!is_clip_fault(error)) throw;
      dropped_.push_back(concat(source_->name(item), ": ", error.what()));
    }
  }
  const int64_t item = items_[static_cast<size_t>(index)];
  if (clip.clip.frames.empty() || item != items_.back()) clip = source_->load(item, 0);
  const auto& told = recipe_.conditioning;
  HeldOutClip result{std::move(clip.clip), static_cast<double>(clip.motion), {}};
  if (told.motion == training::MotionKind::kFixed) result.motion = told.motion_bucket;
  result.is_overlay = recipe_.data.source == training::DataSource::kSnow;
  if (has_scenes_) {
    const auto& drawn = dynamic_cast<const data::ProceduralSource&>(*source_);
    result.scene = data::make_shapes_scene(drawn.request(item), false);
  }
  return result;
}

}  // namespace sfv::cli
