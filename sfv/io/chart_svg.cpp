#include "sfv/io/chart_svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "sfv/core/check.h"
#include "sfv/core/rounding.h"
#include "sfv/io/html_page.h"

namespace sfv::io {
namespace {

// Of the drawing, in SVG units.
constexpr double kWidth = 560;
constexpr double kHeight = 260;
constexpr double kLeft = 62;
constexpr double kRight = 12;
constexpr double kTop = 10;
constexpr double kBottom = 30;
constexpr size_t kBins = 300;
constexpr size_t kColors = 8;
constexpr size_t kMaxBands = 3;  // more would hide the lines
constexpr double kLogSpan = 50;

/// Short, for axes and legends: 4 digits.
std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

/// A coordinate.
std::string at(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

struct Bin {
  double x = 0;
  double mean = 0;
  double low = 0;
  double high = 0;
};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  [[nodiscard]] bool is_empty() const { return low > high; }
};

/// Consecutive points put together; those that are not finite are left out.
std::vector<Bin> bins_of(const Curve& curve) {
  const size_t stride = quotient_up(curve.points.size(), kBins);
  std::vector<Bin> bins;
  for (size_t start = 0; start < curve.points.size(); start += stride) {
    double sum = 0;
    double sum_x = 0;
    size_t count = 0;
    Range range;
    for (size_t i = start; i < std::min(start + stride, curve.points.size()); ++i) {
      const CurvePoint& point = curve.points[i];
      if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
      sum += point.y;
      sum_x += point.x;
      range.include(point.y);
      ++count;
    }
    const auto divisor = static_cast<double>(count);
    if (count > 0) bins.push_back({sum_x / divisor, sum / divisor, range.low, range.high});
  }
  return bins;
}

/// One axis: values to SVG units, and where its ticks are.
class Axis {
 public:
  Axis(Range range, double from, double to, bool is_log) : from_(from), to_(to), is_log_(is_log) {
    if (range.low == range.high) {  // a level line in the middle
      const double room = is_log ? range.low / 2 : std::max(std::abs(range.low) / 2, 1e-9);
      range.low -= room;
      range.high += room;
    }
    low_ = scaled(range.low);
    high_ = scaled(range.high);
  }

  [[nodiscard]] double position(double value) const {
    return from_ + (to_ - from_) * (scaled(value) - low_) / (high_ - low_);
  }
  [[nodiscard]] std::vector<double> ticks() const { return is_log_ ? log_ticks() : linear_ticks(); }

 private:
  [[nodiscard]] double scaled(double value) const { return is_log_ ? std::log10(value) : value; }

  /// Multiples of 1, 2 or 5 times a power of ten, some 3 to 7 of them.
  [[nodiscard]] std::vector<double> linear_ticks() const {
    const double rough = (high_ - low_) / 5;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    const double step = (rough / power < 1.5   ? 1
                         : rough / power < 3.5 ? 2
                         : rough / power < 7.5 ? 5
                                               : 10) *
                        power;
    std::vector<double> ticks;
    for (double index = std::ceil(low_ / step); index * step <= high_ && ticks.size() < 20; ++index) {
      ticks.push_back(index * step + 0.0);
    }
    return ticks;
  }
  /// Powers of ten, at most 8.
  [[nodiscard]] std::vector<double> log_ticks() const {
    const double stride = std::max(1.0, std::ceil((high_ - low_) / 8));
    std::vector<double> ticks;
    for (double power = std::ceil(low_); power <= high_; power += stride)
      ticks.push_back(std::pow(10.0, power));
    return ticks;
  }

  double from_;
  double to_;
  double low_ = 0;
  double high_ = 1;
  bool is_log_;
};

struct Plot {
  const std::vector<Curve>& curves;
  std::vector<std::vector<Bin>> bins;
  Range x;
  Range y;

  explicit Plot(const std::vector<Curve>& of) : curves(of) {
    for (const Curve& curve : of) {
      bins.push_back(bins_of(curve));
      for (const Bin& bin : bins.back()) {
        x.include(bin.x);
        y.include(bin.low);
        y.include(bin.high);
      }
    }
  }
};

std::string grid(const Axis& x, const Axis& y) {
  std::string out;
  for (const double tick : y.ticks()) {
    const std::string height = at(y.position(tick));
    out += concat("<line class=\"grid\" x1=\"", kLeft, "\" x2=\"", kWidth - kRight, "\" y1=\"", height,
                  "\" y2=\"", height, "\"/><text class=\"axis\" text-anchor=\"end\" x=\"", kLeft - 6,
                  "\" y=\"", at(y.position(tick) + 4), "\">", short_number(tick), "</text>\n");
  }
  for (const double tick : x.ticks()) {
    out += concat("<text class=\"axis\" text-anchor=\"middle\" x=\"", at(x.position(tick)), "\" y=\"",
                  kHeight - 10, "\">", short_number(tick), "</text>\n");
  }
  return out;
}

std::string curve_shape(const std::string& name, const std::vector<Bin>& bins, size_t color,
                        bool is_second_round, bool with_band, const Axis& x, const Axis& y) {
  std::string line;
  std::string band;
  bool has_band = false;
  for (const Bin& bin : bins) {
    line += at(x.position(bin.x)) + "," + at(y.position(bin.mean)) + " ";
    band += at(x.position(bin.x)) + "," + at(y.position(bin.high)) + " ";
    has_band = has_band || bin.high > bin.low;
  }
  for (auto bin = bins.rbegin(); bin != bins.rend(); ++bin)
    band += at(x.position(bin->x)) + "," + at(y.position(bin->low)) + " ";
  std::string out;
  const std::string color_class = concat("c", color);
  if (has_band && with_band)
    out += concat("<polygon class=\"band ", color_class, "\" points=\"", band, "\"/>");
  const char* dashes = is_second_round ? " stroke-dasharray=\"5 3\"" : "";
  if (bins.size() == 1) {
    out +=
        concat("<circle class=\"dot ", color_class, "\" r=\"3\" cx=\"", at(x.position(bins[0].x)), "\" cy=\"",
               at(y.position(bins[0].mean)), "\"><title>", html_text(name), "</title></circle>\n");
  } else {
    out += concat("<polyline class=\"line ", color_class, "\"", dashes, " points=\"", line, "\"><title>",
                  html_text(name), "</title></polyline>\n");
  }
  return out;
}

std::string legend(const Plot& plot) {
  std::string out = "<ul class=\"legend\">";
  for (size_t i = 0; i < plot.curves.size(); ++i) {
    const auto& points = plot.curves[i].points;
    const auto broken =
        std::count_if(points.begin(), points.end(), [](const auto& p) { return !std::isfinite(p.y); });
    out += concat("<li><span class=\"key c", i % kColors, i >= kColors ? " second" : "", "\"></span>",
                  html_text(plot.curves[i].name));
    if (!plot.bins[i].empty()) out += concat(" <b>", short_number(plot.bins[i].back().mean), "</b>");
    if (broken > 0) out += concat(" <em>", broken, " not finite</em>");
    out += "</li>";
  }
  return out + "</ul>\n";
}

}  // namespace

std::string chart_svg(const std::string& title, const std::vector<Curve>& curves) {
  const Plot plot(curves);
  if (plot.x.is_empty()) return {};
  const bool is_log = plot.y.low > 0 && plot.y.high / plot.y.low >= kLogSpan;
  const Axis x(plot.x, kLeft, kWidth - kRight, false);
  const Axis y(plot.y, kHeight - kBottom, kTop, is_log);
  std::string out = concat("<figure><figcaption>", html_text(title), is_log ? " <em>log</em>" : "",
                           "</figcaption>\n<svg viewBox=\"0 0 ", kWidth, " ", kHeight,
                           "\" role=\"img\" aria-label=\"", html_text(title), " over steps\">\n", grid(x, y));
  const bool with_bands = curves.size() <= kMaxBands;
  for (size_t i = 0; i < curves.size(); ++i) {
    if (!plot.bins[i].empty())
      out += curve_shape(curves[i].name, plot.bins[i], i % kColors, i >= kColors, with_bands, x, y);
  }
  return out + "</svg>\n" + legend(plot) + "</figure>\n";
}

}  // namespace sfv::io
