#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sfv/checkpoint/model.h"
#include "sfv/core/rgb_image.h"
#include "sfv/training/recipe.h"
#include "sfv/training/sample_files.h"

namespace sfv::cli {

/// How a run stands: clips from fixed photos and seeds by the averaged model, one for each number of steps;
/// of an autoencoder, held-out clips and what it makes of them.
class TrainSamples {
 public:
  /// Errors: those of reading the photos.
  explicit TrainSamples(const training::Recipe& recipe);

  /// Nothing where the recipe wants none.
  [[nodiscard]] std::optional<training::SamplePictures> make(checkpoint::Model& model) const;

 private:
  struct Samples {
    std::vector<Clip> clips;
    std::vector<std::string> captions;
    int64_t columns = 1;  // of what belongs together: the steps of a photo, a clip and its reconstruction
  };
  [[nodiscard]] Samples reconstruct(checkpoint::Model& model) const;
  [[nodiscard]] Samples generate(checkpoint::Model& model) const;

  training::Recipe recipe_;
  std::vector<Clip> held_out_;    // of the autoencoder
  std::vector<RgbImage> photos_;  // of the others
};

}  // namespace sfv::cli
