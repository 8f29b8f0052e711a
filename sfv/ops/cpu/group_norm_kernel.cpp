// Group normalisation with SiLU over channels-last pictures. libtorch's kernel works group by group, which
// for one or two channels a group leaves vector units idle; here every loop runs along the channels. Sums are
// taken over blocks of a fixed number of pixels, in float inside a block and in double between them.
#include "sfv/ops/cpu/group_norm_kernel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sfv/core/rounding.h"
#include "sfv/ops/cpu/vector_math.h"

namespace sfv::ops::cpu {
namespace {

constexpr int64_t kBlock = 64;  // pixels

int64_t block_count(int64_t pixels) {
  return quotient_up(pixels, kBlock);
}

// Calls body(picture, block, first pixel of the picture, pixels) for all blocks of all pictures.
template <typename Body>
void for_each_block(const GroupNormSizes& s, const Body& body) {
  const int64_t blocks = block_count(s.pixels);
  at::parallel_for(0, s.pictures * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t picture = i / blocks, block = i % blocks;
      const int64_t first = block * kBlock;
      body(picture, block, first, std::min(kBlock, s.pixels - first));
    }
  });
}

// The loops over rows, for one type of x and y each; compiled along with the functions below that name it.

template <typename T>
SFV_INLINED void sum_rows_of(const T* x, int64_t rows, int64_t C, const float* shift, float* sum,
                             float* square) {
  std::fill(sum, sum + C, 0.0F);
  std::fill(square, square + C, 0.0F);
  for (int64_t row = 0; row < rows; ++row, x += C) {
    for (int64_t c = 0; c < C; ++c) {
      const float d = to_float(x[c]) - shift[c];
      sum[c] += d;
      square[c] += d * d;
    }
  }
}

template <typename T>
SFV_INLINED void apply_rows_of(const T* x, int64_t rows, int64_t C, const float* center, const float* scale,
                               const float* bias, bool silu, T* y) {
  if (!silu) {
    for (int64_t row = 0; row < rows; ++row, x += C, y += C) {
      for (int64_t c = 0; c < C; ++c) assign(y[c], (to_float(x[c]) - center[c]) * scale[c] + bias[c]);
    }
    return;
  }
  for (int64_t row = 0; row < rows; ++row, x += C, y += C) {
    for (int64_t c = 0; c < C; ++c) {
      const float z = (to_float(x[c]) - center[c]) * scale[c] + bias[c];
      assign(y[c], z * vector_sigmoid(z));
    }
  }
}

// dz = dy through the activation, one row.
template <typename T>
SFV_INLINED void through_activation(const T* dy, const T* x, int64_t C, const float* center,
                                    const float* scale, const float* bias, bool silu, float* dz) {
  if (silu) {
    for (int64_t c = 0; c < C; ++c) {
      const float z = (to_float(x[c]) - center[c]) * scale[c] + bias[c];
      const float s = vector_sigmoid(z);
      dz[c] = to_float(dy[c]) * (s + z * s * (1.0F - s));
    }
  } else {
    for (int64_t c = 0; c < C; ++c) dz[c] = to_float(dy[c]);
  }
}

// Sums of dz and of dz * (x - center) for each channel. dz: of rows that lie dz_stride apart; 0: not kept.
template <typename T>
SFV_INLINED void backward_rows_of(const T* dy, const T* x, int64_t rows, int64_t C, const float* center,
                                  const float* scale, const float* bias, bool silu, float* dz,
                                  int64_t dz_stride, float* sum, float* product) {
  std::fill(sum, sum + C, 0.0F);
  std::fill(product, product + C, 0.0F);
  for (int64_t row = 0; row < rows; ++row, dy += C, x += C, dz += dz_stride) {
    through_activation(dy, x, C, center, scale, bias, silu, dz);
    for (int64_t c = 0; c < C; ++c) {
      sum[c] += dz[c];
      product[c] += dz[c] * (to_float(x[c]) - center[c]);
    }
  }
}

SFV_FOR_EACH_CPU void sum_rows(const float* x, int64_t rows, int64_t C, const float* shift, float* sum,
                               float* square) {
  sum_rows_of(x, rows, C, shift, sum, square);
}
SFV_FOR_EACH_CPU void sum_rows(const Bf16* x, int64_t rows, int64_t C, const float* shift, float* sum,
                               float* square) {
  sum_rows_of(x, rows, C, shift, sum, square);
}

SFV_FOR_EACH_CPU void apply_rows(const float* x, int64_t rows, int64_t C, const float* center,
                                 const float* scale, const float* bias, bool silu, float* y) {
  apply_rows_of(x, rows, C, center, scale, bias, silu, y);
}
SFV_FOR_EACH_CPU void apply_rows(const Bf16* x, int64_t rows, int64_t C, const float* center,
                                 const float* scale, const float* bias, bool silu, Bf16* y) {
  apply_rows_of(x, rows, C, center, scale, bias, silu, y);
}

// dz is kept in dx's own memory.
SFV_FOR_EACH_CPU void backward_rows(const float* dy, const float* x, int64_t rows, int64_t C,
                                    const float* center, const float* scale, const float* bias, bool silu,
                                    float* dx, float* sum, float* product) {
  backward_rows_of(dy, x, rows, C, center, scale, bias, silu, dx, C, sum, product);
}
// A short dx would round dz: it is made again below.
SFV_FOR_EACH_CPU void backward_rows(const Bf16* dy, const Bf16* x, int64_t rows, int64_t C,
                                    const float* center, const float* scale, const float* bias, bool silu,
                                    Bf16* /*dx*/, float* sum, float* product) {
  std::vector<float> dz(static_cast<size_t>(C));
  backward_rows_of(dy, x, rows, C, center, scale, bias, silu, dz.data(), 0, sum, product);
}

// dx = dz * scale - (x - center) * slope - level for each channel; dz is in dx.
SFV_FOR_EACH_CPU void combine_rows(const float* /*dy*/, const float* x, int64_t rows, int64_t C,
                                   const float* scale, const float* center, const float* /*bias*/,
                                   bool /*silu*/, const float* slope, const float* level, float* dx) {
  for (int64_t row = 0; row < rows; ++row, x += C, dx += C) {
    for (int64_t c = 0; c < C; ++c) dx[c] = dx[c] * scale[c] - (x[c] - center[c]) * slope[c] - level[c];
  }
}
SFV_FOR_EACH_CPU void combine_rows(const Bf16* dy, const Bf16* x, int64_t rows, int64_t C, const float* scale,
                                   const float* center, const float* bias, bool silu, const float* slope,
                                   const float* level, Bf16* dx) {
  std::vector<float> row_of_dz(static_cast<size_t>(C));
  float* const dz = row_of_dz.data();
  for (int64_t row = 0; row < rows; ++row, dy += C, x += C, dx += C) {
    through_activation(dy, x, C, center, scale, bias, silu, dz);
    for (int64_t c = 0; c < C; ++c) {
      assign(dx[c], dz[c] * scale[c] - (to_float(x[c]) - center[c]) * slope[c] - level[c]);
    }
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

template <typename T>
void group_moments(const GroupNormSizes& s, const T* x, double* mean, double* variance) {
  const int64_t C = s.channels, D = C / s.groups;
  Sums sums(s);
  // Around a value of each channel, so that squares do not cancel where the mean is far from 0.
  PerChannel shift = make_per_channel(s);
  for (int64_t n = 0; n < s.pictures; ++n) {
    for (int64_t c = 0; c < C; ++c)
      shift[static_cast<size_t>(n * C + c)] = to_float(x[n * s.picture_step() + c]);
  }
  for_each_block(s, [&](int64_t n, int64_t block, int64_t first, int64_t rows) {
    float* part = sums.at(n, block);
    sum_rows(x + n * s.picture_step() + first * C, rows, C, shift.data() + n * C, part, part + C);
  });
  const auto count = static_cast<double>(s.pixels);
  for (int64_t n = 0; n < s.pictures; ++n) {
    const std::vector<double> total = sums.total(n);
    for (int64_t g = 0; g < s.groups; ++g) {
      // Channels have shifts of their own: their means and variances join as those of equal parts do.
      double center = 0, within = 0, between = 0;
      for (int64_t c = g * D; c < (g + 1) * D; ++c) {
        center += (shift[static_cast<size_t>(n * C + c)] + total[static_cast<size_t>(c)] / count) /
                  static_cast<double>(D);
      }
      for (int64_t c = g * D; c < (g + 1) * D; ++c) {
        const double local = total[static_cast<size_t>(c)] / count;
        const double away = shift[static_cast<size_t>(n * C + c)] + local - center;
        within += total[static_cast<size_t>(C + c)] / count - local * local;
        between += away * away;
      }
      mean[n * s.groups + g] = center;
      variance[n * s.groups + g] = (within + between) / static_cast<double>(D);
    }
  }
}

float group_rstd(double variance, double eps) {
  return static_cast<float>(std::isfinite(variance) ? 1 / std::sqrt(std::max(variance, 0.0) + eps) : NAN);
}

template <typename T>
void group_norm_apply(const GroupNormSizes& s, const T* x, const float* mean, const float* rstd,
                      const float* weight, const float* bias, bool silu, T* y) {
  const int64_t C = s.channels;
  const Affine affine(s, mean, rstd, weight);
  for_each_block(s, [&](int64_t n, int64_t, int64_t first, int64_t rows) {
    apply_rows(x + n * s.picture_step() + first * C, rows, C, affine.center.data() + n * C,
               affine.scale.data() + n * C, bias, silu, y + (n * s.pixels + first) * C);
  });
}

template <typename T>
void group_norm_forward(const GroupNormSizes& s, const T* x, const float* weight, const float* bias,
                        double eps, bool silu, T* y, float* mean, float* rstd) {
  const auto count = static_cast<size_t>(s.pictures * s.groups);
  std::vector<double> means(count), variances(count);
  group_moments(s, x, means.data(), variances.data());
  for (size_t i = 0; i < count; ++i) {
    mean[i] = static_cast<float>(means[i]);
    rstd[i] = group_rstd(variances[i], eps);
  }
  group_norm_apply(s, x, mean, rstd, weight, bias, silu, y);
}

template <typename T>
void group_norm_backward(const GroupNormSizes& s, const T* dy, const T* x, const float* mean,
                         const float* rstd, const float* weight, const float* bias, bool silu, T* dx,
                         float* dweight, float* dbias) {
  const int64_t C = s.channels, D = C / s.groups;
  const Affine affine(s, mean, rstd, weight);
  Sums sums(s);
  for_each_block(s, [&](int64_t n, int64_t block, int64_t first, int64_t rows) {
    float* part = sums.at(n, block);
    const int64_t at = (n * s.pixels + first) * C;
    backward_rows(dy + at, x + at, rows, C, affine.center.data() + n * C, affine.scale.data() + n * C, bias,
                  silu, dx + at, part, part + C);
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
    const int64_t at = (n * s.pixels + first) * C;
    combine_rows(dy + at, x + at, rows, C, affine.scale.data() + n * C, affine.center.data() + n * C, bias,
                 silu, slope.data() + n * C, level.data() + n * C, dx + at);
  });
}

template void group_moments(const GroupNormSizes&, const float*, double*, double*);
template void group_moments(const GroupNormSizes&, const Bf16*, double*, double*);
template void group_norm_apply(const GroupNormSizes&, const float*, const float*, const float*, const float*,
                               const float*, bool, float*);
template void group_norm_apply(const GroupNormSizes&, const Bf16*, const float*, const float*, const float*,
                               const float*, bool, Bf16*);
template void group_norm_forward(const GroupNormSizes&, const float*, const float*, const float*, double,
                                 bool, float*, float*, float*);
template void group_norm_forward(const GroupNormSizes&, const Bf16*, const float*, const float*, double, bool,
                                 Bf16*, float*, float*);
template void group_norm_backward(const GroupNormSizes&, const float*, const float*, const float*,
                                  const float*, const float*, const float*, bool, float*, float*, float*);
template void group_norm_backward(const GroupNormSizes&, const Bf16*, const Bf16*, const float*, const float*,
                                  const float*, const float*, bool, Bf16*, float*, float*);

}  // namespace sfv::ops::cpu
