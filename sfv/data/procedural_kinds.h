#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sfv/core/rgb_image.h"
#include "sfv/data/backgrounds.h"

namespace sfv::data {

/// Which clip to draw. The same request is the same bytes on every machine.
struct ProceduralClip {
  int64_t width = 64;  // pixels, 16 … 4096
  int64_t height = 64;
  /// Snow: the shorter side of the picture that lengths are proportions of, so that a small clip can be a
  /// window of a large scene, with flakes and photo of the large scene's size; 0: the clip's own. 0 or 16 …
  /// 4096.
  int64_t scene_side = 0;
  int64_t frames = 14;                       // 1 … 4096
  double fps = 7;                            // frames per second, > 0: only stored in the clip
  uint64_t seed = 0;                         // of the whole series; give held-out clips another
  int64_t number = 0;                        // of the clip in it, >= 0
  const Backgrounds* backgrounds = nullptr;  // borrowed; for the kinds that need photos
};

struct DrawnClip {
  Clip clip;
  std::optional<int64_t> motion = {};  // motion bucket where the kind knows the truth; else it is measured
};

/// A kind of procedural clip. A new kind is one function and its row in the table.
struct ProceduralKind {
  std::string_view name;     // in recipes
  std::string_view summary;  // one line for people
  bool needs_photos;
  DrawnClip (*draw)(const ProceduralClip&);
};

/// All kinds there are.
[[nodiscard]] std::span<const ProceduralKind> procedural_kinds();
/// Errors: kInvalidArgument listing the names.
[[nodiscard]] const ProceduralKind& procedural_kind(std::string_view name);

/// Errors: kInvalidArgument for a size, a count, a rate or a number out of range.
void check_procedural_clip(const ProceduralClip& request);

}  // namespace sfv::data
