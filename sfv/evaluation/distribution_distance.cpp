#include "sfv/evaluation/distribution_distance.h"

#include <algorithm>
#include <cmath>

#include "sfv/core/check.h"

namespace sfv::evaluation {

double kolmogorov_smirnov(std::vector<double> a, std::vector<double> b) {
  SFV_CHECK(!a.empty() && !b.empty(), kInvalidArgument,
            "[statistics] expected two samples, got an empty one");
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double largest = 0;
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const double value = std::min(a[i], b[j]);
    while (i < a.size() && a[i] <= value) ++i;
    while (j < b.size() && b[j] <= value) ++j;
    largest = std::max(largest, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                         static_cast<double>(j) / static_cast<double>(b.size())));
  }
  return largest;
}

}  // namespace sfv::evaluation
