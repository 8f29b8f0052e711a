#pragma once

#include "sfv/core/rgb_image.h"

namespace sfv {

/// How much a clip moves: the mean absolute difference between consecutive frames over all pixels and
/// channels, in 8-bit levels (0 to 255). 0 for fewer than two frames. Errors: kInvalidArgument for frames of
/// different sizes.
[[nodiscard]] double mean_frame_difference(const Clip& clip);

/// True when every frame equals the photo: mean absolute difference of at most 2 levels (what a decoder's
/// rounding does). photo: of the frames' size, that is, as the networks saw it. False for an empty clip.
/// Errors: kInvalidArgument for frames of another size than the photo.
[[nodiscard]] bool is_static(const Clip& clip, const RgbImage& photo);

}  // namespace sfv
