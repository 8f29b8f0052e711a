#pragma once

#include <optional>
#include <vector>

#include "sfv/checkpoint/model.h"
#include "sfv/core/rgb_image.h"
#include "sfv/training/recipe.h"

namespace sfv::cli {

/// Pictures of how a run stands: clips from fixed photos and seeds by the averaged model, one row for each
/// number of steps; of an autoencoder, held-out clips and what it makes of them.
class TrainSamples {
 public:
  /// Errors: those of reading the photos.
  explicit TrainSamples(const training::Recipe& recipe);

  /// The contact sheet; nothing where the recipe wants none.
  [[nodiscard]] std::optional<RgbImage> make_sheet(checkpoint::Model& model) const;

 private:
  [[nodiscard]] std::vector<Clip> reconstruct(checkpoint::Model& model) const;

  training::Recipe recipe_;
  std::vector<Clip> held_out_;    // of the autoencoder
  std::vector<RgbImage> photos_;  // of the others
};

}  // namespace sfv::cli
