// Group normalisation with SiLU over channels-last pictures. libtorch's kernel works group by group, which
// for one or two channels a group leaves vector units idle; here every loop runs along the channels. Sums are
// taken over blocks of a fixed number of pixels, in float inside a block and in double between them.
#include "sfv/ops/cpu/group_norm_kernel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sfv/ops/cpu/vector_math.h"

namespace sfv::ops::cpu {
namespace {

constexpr int64_t kBlock = 64;  // pixels

int64_t block_count(int64_t pixels) {
  return (pixels + kBlock - 1) / kBlock;
}

// Calls body(picture, block, first pixel, pixels) for all blocks of all pictures.
template <typename Body>
void for_each_block(const GroupNormSizes& s, const Body& body) {
  const int64_t blocks = block_count(s.pixels);
  at::parallel_for(0, s.pictures * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t picture = i / blocks, block = i % blocks;
      const int64_t first = block * kBlock;
      body(picture, block, picture * s.pixels + first, std::min(kBlock, s.pixels - first));
    }
  });
}

// Sums of x - shift and of its square for each channel.
SFV_FOR_EACH_CPU void sum_rows(const float* x, int64_t rows, int64_t C, const float* shift, float* sum,
                               float* square) {
  std::fill(sum, sum + C, 0.0F);
  std::fill(square, square + C, 0.0F);
  for (int64_t row = 0; row < rows; ++row, x += C) {
    for (int64_t c = 0; c < C; ++c) {
      const float d = x[c] - shift[c];
      sum[c] += d;
      square[c] += d * d;
    }
  }
}

SFV_FOR_EACH_CPU void apply_rows(const float* x, int64_t rows, int64_t C, const float* center,
                                 const float* scale, const float* bias, bool silu, float* y) {
  if (!silu) {
    for (int64_t row = 0; row < rows; ++row, x += C, y += C) {
      for (int64_t c = 0; c < C; ++c) y[c] = (x[c] - center[c]) * scale[c] + bias[c];
    }
    return;
  }
  for (int64_t row = 0; row < rows; ++row, x += C, y += C) {
    for (int64_t c = 0; c < C; ++c) {
      const float z = (x[c] - center[c]) * scale[c] + bias[c];
      y[c] = z * vector_sigmoid(z);
    }
  }
}

// dz = dy through the activation; its sums and those of dz * (x - center) for each channel.
SFV_FOR_EACH_CPU void backward_rows(const float* dy, const float* x, int64_t rows, int64_t C,
                                    const float* center, const float* scale, const float* bias, bool silu,
                                    float* dz, float* sum, float* product) {
  std::fill(sum, sum + C, 0.0F);
  std::fill(product, product + C, 0.0F);
  for (int64_t row = 0; row < rows; ++row, dy += C, x += C, dz += C) {
    if (silu) {
      for (int64_t c = 0; c < C; ++c) {
        const float z = (x[c] - center[c]) * scale[c] + bias[c];
        const float s = vector_sigmoid(z);
        dz[c] = dy[c] * (s + z * s * (1.0F - s));
      }
    } else {
      std::copy(dy, dy + C, dz);
    }
    for (int64_t c = 0; c < C; ++c) {
      sum[c] += dz[c];
      product[c] += dz[c] * (x[c] - center[c]);
    }
  }
}

// dx = dz * scale - (x - center) * slope - level for each channel; dz is dx's own memory.
SFV_FOR_EACH_CPU void combine_rows(const float* x, int64_t rows, int64_t C, const float* scale,
                                   const float* center, const float* slope, const float* level, float* dx) {
  for (int64_t row = 0; row < rows; ++row, x += C, dx += C) {
    for (int64_t c = 0; c < C; ++c) dx[c] = dx[c] * scale[c] - (x[c] - center[c]) * slope[c] - level[c];
  }
}

// A picture's blocks of two sums for each channel, added up in double.
struct Sums {
  explicit Sums(const GroupNormSizes& s)
      : channels(s.channels),
        blocks(block_count(s.pixels)),
        values(static_cast<size_t>(s.pictures * blocks * 2 * channels)) {}

  [[nodiscard]] float* at(int64_t picture, int64_t block) {
    return values.data() + (picture * blocks + block) * 2 * channels;
  }
  [[nodiscard]] std::vector<double> total(int64_t picture) {
    std::vector<double> total(static_cast<size_t>(2 * channels));
    for (int64_t block = 0; block < blocks; ++block) {
      const float* part = at(picture, block);
      for (size_t i = 0; i < total.size(); ++i) total[i] += part[i];
    }
    return total;
  }

  int64_t channels;
  int64_t blocks;
  std::vector<float> values;
};

// A number for each channel of each picture.
using PerChannel = std::vector<float>;

PerChannel make_per_channel(const GroupNormSizes& s) {
  return PerChannel(static_cast<size_t>(s.pictures * s.channels));
}

// A value z = (x - center) * scale + bias: the group's mean and rstd * weight, channel by channel.
struct Affine {
  Affine(const GroupNormSizes& s, const float* mean, const float* rstd, const float* weight)
      : center(make_per_channel(s)), scale(make_per_channel(s)) {
    const int64_t D = s.channels / s.groups;
    for (int64_t n = 0; n < s.pictures; ++n) {
      for (int64_t c = 0; c < s.channels; ++c) {
        const auto i = static_cast<size_t>(n * s.channels + c);
        const int64_t group = n * s.groups + c / D;
        center[i] = mean[group];
        scale[i] = rstd[group] * weight[c];
      }
    }
  }

  PerChannel center;
  PerChannel scale;
};

}  // namespace

void group_norm_forward(const GroupNormSizes& s, const float* x, const float* weight, const float* bias,
                        double eps, bool silu, float* y, float* mean, float* rstd) {
  const int64_t C = s.channels, D = C / s.groups;
  Sums sums(s);
  // Around a value of each channel, so that squares do not cancel where the mean is far from 0.
  for_each_block(s, [&](int64_t n, int64_t block, int64_t first, int64_t rows) {
    float* part = sums.at(n, block);
    sum_rows(x + first * C, rows, C, x + n * s.pixels * C, part, part + C);
  });
  const auto count = static_cast<double>(s.pixels);
  for (int64_t n = 0; n < s.pictures; ++n) {
    const std::vector<double> total = sums.total(n);
    for (int64_t g = 0; g < s.groups; ++g) {
      // Channels have shifts of their own: their means and variances join as those of equal parts do.
      double center = 0, within = 0, between = 0;
      for (int64_t c = g * D; c < (g + 1) * D; ++c) {
        center += (x[n * s.pixels * C + c] + total[static_cast<size_t>(c)] / count) / static_cast<double>(D);
      }
      for (int64_t c = g * D; c < (g + 1) * D; ++c) {
        const double local = total[static_cast<size_t>(c)] / count;
        const double away = x[n * s.pixels * C + c] + local - center;
        within += total[static_cast<size_t>(C + c)] / count - local * local;
        between += away * away;
      }
      const double variance = std::max(within + between, 0.0) / static_cast<double>(D);
      mean[n * s.groups + g] = static_cast<float>(center);
      // NaN and infinity must come through: std::max would turn NaN into 0.
      const bool is_finite = std::isfinite(within + between);
      rstd[n * s.groups + g] = static_cast<float>(is_finite ? 1 / std::sqrt(variance + eps) : NAN);
    }
  }
  const Affine affine(s, mean, rstd, weight);
  for_each_block(s, [&](int64_t n, int64_t, int64_t first, int64_t rows) {
    apply_rows(x + first * C, rows, C, affine.center.data() + n * C, affine.scale.data() + n * C, bias, silu,
               y + first * C);
  });
}

void group_norm_backward(const GroupNormSizes& s, const float* dy, const float* x, const float* mean,
                         const float* rstd, const float* weight, const float* bias, bool silu, float* dx,
                         float* dweight, float* dbias) {
  const int64_t C = s.channels, D = C / s.groups;
  const Affine affine(s, mean, rstd, weight);
  Sums sums(s);
  for_each_block(s, [&](int64_t n, int64_t block, int64_t first, int64_t rows) {
    float* part = sums.at(n, block);
    backward_rows(dy + first * C, x + first * C, rows, C, affine.center.data() + n * C,
                  affine.scale.data() + n * C, bias, silu, dx + first * C, part, part + C);
  });
  // With xhat = (x - mean) * rstd: dx = rstd * (weight dz - mean(weight dz) - xhat mean(weight dz xhat)).
  std::vector<double> weight_sum(static_cast<size_t>(C)), bias_sum(static_cast<size_t>(C));
  PerChannel slope = make_per_channel(s), level = make_per_channel(s);
  const double members = static_cast<double>(s.pixels) * static_cast<double>(D);
  for (int64_t n = 0; n < s.pictures; ++n) {
    const std::vector<double> total = sums.total(n);
    for (int64_t g = 0; g < s.groups; ++g) {
      const double r = rstd[n * s.groups + g];
      double plain = 0, weighted = 0;
      for (int64_t c = g * D; c < (g + 1) * D; ++c) {
        plain += weight[c] * total[static_cast<size_t>(c)];
        weighted += weight[c] * total[static_cast<size_t>(C + c)] * r;
        weight_sum[static_cast<size_t>(c)] += total[static_cast<size_t>(C + c)] * r;
        bias_sum[static_cast<size_t>(c)] += total[static_cast<size_t>(c)];
      }
      const double along = r * r * weighted / members;
      for (int64_t c = g * D; c < (g + 1) * D; ++c) {
        const auto i = static_cast<size_t>(n * C + c);
        slope[i] = static_cast<float>(along);
        level[i] = static_cast<float>(r * plain / members);
      }
    }
  }
  std::copy(weight_sum.begin(), weight_sum.end(), dweight);
  std::copy(bias_sum.begin(), bias_sum.end(), dbias);
  for_each_block(s, [&](int64_t n, int64_t, int64_t first, int64_t rows) {
    combine_rows(x + first * C, rows, C, affine.scale.data() + n * C, affine.center.data() + n * C,
                 slope.data() + n * C, level.data() + n * C, dx + first * C);
  });
}

}  // namespace sfv::ops::cpu
