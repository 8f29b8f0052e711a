#pragma once

#include <string>
#include <vector>

namespace sfv::io {

struct CurvePoint {
  double x = 0;
  double y = 0;  // NaN where it was not finite
};

struct Curve {
  std::string name;
  std::vector<CurvePoint> points;  // x rising
};

/// Curves over one x axis as an inline SVG. Many points become about 300 means, with the range from lowest to
/// highest as a band behind where there are at most three curves. The y axis is logarithmic when all values
/// are above 0 and span a factor of 50 or more. Colours come from the page's style: classes c0 to c7 for the
/// curves, grid, axis. Empty if no curve has a finite point.
[[nodiscard]] std::string chart_svg(const std::string& title, const std::vector<Curve>& curves);

}  // namespace sfv::io
