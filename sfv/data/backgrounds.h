#pragma once

#include <cstdint>
#include <memory>

#include "sfv/core/rgb_image.h"

namespace sfv::data {

/// Photos that procedural clips play over. Thread-safe.
class Backgrounds {
 public:
  virtual ~Backgrounds() = default;
  /// How many photos there are, >= 1.
  [[nodiscard]] virtual int64_t size() const = 0;
  /// Photo number `photo` scaled to this height, or further where its width would be less than min_width.
  /// All three >= 1 (photo: 0 … size() - 1). Errors: those of reading it.
  [[nodiscard]] virtual std::shared_ptr<const RgbImage> load(int64_t photo, int64_t height,
                                                             int64_t min_width) const = 0;
};

}  // namespace sfv::data
