#pragma once

#include <vector>

#include "sfv/core/rgb_image.h"
#include "sfv/data/shapes.h"

namespace sfv::evaluation {

struct Point {
  double x = 0;  // pixels from the left edge
  double y = 0;  // pixels from the upper edge
};

/// One shape of a scene, looked for in every frame of a clip that shows the scene or claims to.
struct ShapeTrack {
  std::vector<Point> centers;  // one a frame
  std::vector<bool> is_lost;   // the shape was not found there; its centre is then the last one known
};

/// Follows the scene's shapes from where they are in frame 0. In a window around the last centre each pixel
/// says how much of the shape it shows: how far it has gone from the background's colour to the shape's, 0 if
/// its colour is another. Pixels of at least half the window's largest share make the new centre; a shape of
/// which no pixel shows a quarter is lost. clip: frames of the scene's size. Errors: kInvalidArgument.
/// Source: blob detection by thresholding, methods of SF-V at small scale.
[[nodiscard]] std::vector<ShapeTrack> track_shapes(const Clip& clip, const data::ShapesScene& scene);

/// Of all shapes of a clip together.
struct ShapeMotion {
  double speed = 0;       // mean distance between centres of consecutive frames, pixels a frame
  double lost_share = 0;  // of shapes and frames, those where the shape was not found
};
[[nodiscard]] ShapeMotion measure_tracks(const std::vector<ShapeTrack>& tracks);

/// How far apart different noises let the shapes of one first frame end: the root mean square distance of a
/// shape's last centres from their mean (divided by count - 1), averaged over the shapes; pixels. tracks: of
/// two or more clips of one scene. Errors: kInvalidArgument.
[[nodiscard]] double end_spread(const std::vector<std::vector<ShapeTrack>>& tracks);

}  // namespace sfv::evaluation
