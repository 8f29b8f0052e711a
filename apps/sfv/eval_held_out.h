#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sfv/data/clip_source.h"
#include "sfv/data/shapes.h"
#include "sfv/training/recipe.h"

namespace sfv::cli {

/// A clip that no model was trained on, and what is known of it.
struct HeldOutClip {
  Clip clip;
  double motion = 0;                       // motion bucket, as the recipe tells it to the network
  std::optional<data::ShapesScene> scene;  // of drawn shapes: the truth
  bool is_overlay = false;                 // plays over its first frame, which stands still: snow
};

/// The held-out clips of a recipe's data, numbered from 0; what cannot be read is passed over and named.
class HeldOutSet {
 public:
  /// Errors: those of training::open_source.
  explicit HeldOutSet(const training::Recipe& recipe);

  /// The index-th usable clip. Errors: kInvalidArgument when there are no more.
  [[nodiscard]] HeldOutClip load(int64_t index);
  /// "path: reason" of what was passed over so far.
  [[nodiscard]] const std::vector<std::string>& dropped() const { return dropped_; }
  [[nodiscard]] bool has_scenes() const { return has_scenes_; }

 private:
  const training::Recipe& recipe_;
  std::unique_ptr<data::ClipSource> source_;
  bool has_scenes_;
  std::vector<int64_t> items_;  // of the source, by index
  int64_t next_item_ = 0;
  std::vector<std::string> dropped_;
};

}  // namespace sfv::cli
