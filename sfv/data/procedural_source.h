#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sfv/data/backgrounds.h"
#include "sfv/data/clip_source.h"
#include "sfv/data/procedural_kinds.h"

namespace sfv::data {

struct ProceduralOptions {
  std::string kind = "shapes";  // a name in procedural_kinds()
  int64_t width = 64;           // pixels, 16 … 4096
  int64_t height = 64;
  int64_t scene_side = 0;  // of snow, see ProceduralClip
  int64_t frames = 14;     // 1 … 4096
  double fps = 7;
  uint64_t seed = 0;                      // training and held-out clips differ by it
  int64_t size = ClipSource::kUnlimited;  // clips 0 … size - 1, for a fixed set
};

/// Clips drawn by a function. Item i is clip number i of the seed; the draw seed changes nothing, since no
/// item need ever come twice.
class ProceduralSource : public ClipSource {
 public:
  /// backgrounds: for the kinds that need photos, else none. Errors: kInvalidArgument for an unknown kind, a
  /// value out of range, or photos missing.
  explicit ProceduralSource(ProceduralOptions options, std::unique_ptr<Backgrounds> backgrounds = nullptr);

  [[nodiscard]] int64_t size() const override { return options_.size; }
  [[nodiscard]] std::string name(int64_t item) const override;
  [[nodiscard]] TrainingClip load(int64_t item, uint64_t draw_seed) const override;

  /// What load(item) draws: with shapes.h and snow.h the truth behind the clip.
  [[nodiscard]] ProceduralClip request(int64_t item) const;

 private:
  ProceduralOptions options_;
  const ProceduralKind& kind_;
  std::unique_ptr<Backgrounds> backgrounds_;
};

}  // namespace sfv::data
