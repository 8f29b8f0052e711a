#include "sfv/evaluation/bilinear_resize.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

namespace sfv::evaluation {
namespace {

struct Neighbours {
  int64_t low = 0;
  int64_t high = 0;
  float weight = 0;  // of high
};

// For each place of the result: pixel centres at half numbers, places before the first pixel see that pixel.
std::vector<Neighbours> find_neighbours(int64_t from, int64_t to) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  std::vector<Neighbours> result;
  for (int64_t o = 0; o < to; ++o) {
    const float place = std::max((static_cast<float>(o) + 0.5F) * scale - 0.5F, 0.0F);
    const int64_t low = std::min(static_cast<int64_t>(place), from - 1);
    result.push_back(
        {low, std::min(low + 1, from - 1), std::clamp(place - static_cast<float>(low), 0.0F, 1.0F)});
  }
  return result;
}

}  // namespace

torch::Tensor resize_bilinear(const torch::Tensor& clip, int64_t height, int64_t width) {
  const int64_t T = clip.size(0), H = clip.size(2), W = clip.size(3);
  torch::Tensor out = at::empty({3, T, height, width}, at::kFloat);
  const std::vector<Neighbours> rows = find_neighbours(H, height), columns = find_neighbours(W, width);
  const auto* source = clip.const_data_ptr<float>();
  auto* result = out.mutable_data_ptr<float>();
  std::vector<float> line(static_cast<size_t>(W));
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t c = 0; c < 3; ++c) {
      const float* plane = source + (t * 3 + c) * H * W;
      float* to = result + (c * T + t) * height * width;
      for (const Neighbours& row : rows) {
        const float *above = plane + row.low * W, *below = plane + row.high * W;
        for (int64_t x = 0; x < W; ++x)
          line[static_cast<size_t>(x)] = above[x] + row.weight * (below[x] - above[x]);
        for (const Neighbours& column : columns) {
          const float left = line[static_cast<size_t>(column.low)];
          *to++ = left + column.weight * (line[static_cast<size_t>(column.high)] - left);
        }
      }
    }
  }
  return out;
}

}  // namespace sfv::evaluation
