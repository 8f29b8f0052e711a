#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "sfv/core/rgb_image.h"
#include "sfv/data/encoded_clip.h"

namespace sfv::data {

/// A clip ready for training.
struct TrainingClip {
  Clip clip;           // all frames of one size; of an encoded clip the first frame alone
  int64_t motion = 0;  // motion bucket, 0 … 255 (motion.h)
  std::shared_ptr<const EncodedClip> encoded = nullptr;  // of a clip from a latent cache
};

/// Where training clips come from. Thread-safe: any number of threads may load at once.
class ClipSource {
 public:
  /// Of a source that never ends: any item from 0 on can be loaded.
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

  virtual ~ClipSource() = default;

  /// How many items there are, >= 1, or kUnlimited.
  [[nodiscard]] virtual int64_t size() const = 0;
  /// What an item is called in reports: a file's path, or "shapes 17".
  [[nodiscard]] virtual std::string name(int64_t item) const = 0;
  /// The same item and draw_seed give the same clip, whoever asks, whenever. item: 0 … size() - 1.
  /// draw_seed decides what is drawn anew each epoch: start, crop, mirroring.
  /// Errors: an item that is broken, unreadable or too short is an Error that names it and says why.
  [[nodiscard]] virtual TrainingClip load(int64_t item, uint64_t draw_seed) const = 0;
};

}  // namespace sfv::data
