// Linear layers of bfloat16 numbers: the weight is packed as products take it, then panels of outputs are
// computed for some rows at a time, and finished (bias, GEGLU, rounding) while they are in the cache.
#include "sfv/ops/cpu/linear_kernel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "sfv/core/rounding.h"
#include "sfv/ops/cpu/geglu_kernel.h"
#include "sfv/ops/cpu/product_kernel.h"
#include "sfv/ops/cpu/vectors.h"

namespace sfv::ops::cpu {
namespace {

static_assert(kLinearOutputs == kProductColumns && kLinearInputs == kProductPair<uint16_t>);

constexpr int64_t kChunk = 128;  // rows that stay in the second cache while all outputs are computed
constexpr int64_t kBlock = 32;   // rows at a time
static_assert(kChunk % kBlock == 0 && kBlock % kProductRows == 0);

// What a thread works in: sums of a block for a panel of outputs or, with GEGLU, of values and one of gates.
struct Desk {
  float sums[kBlock * kProductColumns];
  uint16_t parts[2][kBlock * kProductColumns];
};

// Panel [I / 2, output, 2] of weights [output, I].
void pack(const LinearSizes& s, const uint16_t* weight, uint16_t* panel) {
  constexpr int64_t kPairs = 64;  // along the depth: so many lines of the panel stay in the first cache
  for (int64_t first = 0; first < s.I / 2; first += kPairs) {
    const int64_t last = std::min(first + kPairs, s.I / 2);
    for (int64_t o = 0; o < kProductColumns; ++o) {
      const uint16_t* const row = weight + o * s.I;
      for (int64_t k = first; k < last; ++k)
        std::memcpy(panel + 2 * (k * kProductColumns + o), row + 2 * k, 2 * sizeof(uint16_t));
    }
  }
}

// Rows of sums plus a bias, to rows of y that are `step` apart.
SFV_FOR_EACH_CPU void finish(int64_t rows, const float* sums, const float* bias, uint16_t* y, int64_t step) {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t c = 0; c < kProductColumns; c += kLanes) {
      Vec sum, add;
      load(sums + row * kProductColumns + c, sum);
      load(bias + c, add);
      store(y + row * step + c, sum + add);
    }
  }
}

class Linear {
 public:
  Linear(const LinearSizes& s, const uint16_t* x, std::byte* workspace)
      : s_(s),
        x_(x),
        bias_(reinterpret_cast<float*>(workspace)),
        packed_(reinterpret_cast<uint16_t*>(bias_ + s.O)),
        tail_(packed_ + s.O * s.I) {}

  void prepare(const uint16_t* weight, const uint16_t* bias) {
    at::parallel_for(0, s_.O / kProductColumns, 1, [&](int64_t begin, int64_t end) {
      for (int64_t panel = begin; panel < end; ++panel) {
        const int64_t from = panel * kProductColumns * s_.I;
        pack(s_, weight + from, packed_ + from);
      }
    });
    for (int64_t o = 0; o < s_.O; ++o) bias_[o] = bias == nullptr ? 0.0F : to_float(bias[o]);
    // A product takes whole blocks of rows: the last rows are copied to where there is room for more.
    const int64_t rest = s_.rows % kProductRows;
    std::copy(x_ + (s_.rows - rest) * s_.I, x_ + s_.rows * s_.I, tail_);
    std::fill(tail_ + rest * s_.I, tail_ + kProductRows * s_.I, uint16_t{0});
  }

  // f(first row, rows, panel, desk) for all blocks of rows and the first `panels` panels of outputs.
  template <typename F>
  void for_blocks(int64_t panels, const F& f) const {
    const int64_t chunks = quotient_up(s_.rows, kChunk);
    at::parallel_for(0, chunks * panels, 1, [&](int64_t begin, int64_t end) {
      Desk desk;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i / panels * kChunk, last = std::min(first + kChunk, s_.rows);
        for (int64_t row = first; row < last; row += kBlock)
          f(row, std::min(kBlock, last - row), i % panels, desk);
      }
    });
  }

  // y[row][c], rows `step` apart.
  void compute(int64_t row, int64_t rows, int64_t panel, Desk& desk, uint16_t* y, int64_t step) const {
    const int64_t whole = rows / kProductRows * kProductRows;
    multiply(product(x_ + row * s_.I, whole, panel, desk.sums));
    if (whole < rows) multiply(product(tail_, kProductRows, panel, desk.sums + whole * kProductColumns));
    finish(rows, desk.sums, bias_ + panel * kProductColumns, y, step);
  }

 private:
  [[nodiscard]] Product<uint16_t> product(const uint16_t* a, int64_t rows, int64_t panel, float* y) const {
    return {.rows = rows,
            .columns = kProductColumns,
            .depth = s_.I,
            .a = a,
            .a_row = s_.I,
            .b = packed_ + panel * kProductColumns * s_.I,
            .b_step = kProductPair<uint16_t> * kProductColumns,
            .y = y,
            .y_row = kProductColumns};
  }

  LinearSizes s_;
  const uint16_t* x_;
  float* bias_;
  uint16_t *packed_, *tail_;
};

}  // namespace

int64_t linear_workspace(const LinearSizes& s) {
  const int64_t numbers = s.O * s.I + kProductRows * s.I;
  return s.O * static_cast<int64_t>(sizeof(float)) + numbers * static_cast<int64_t>(sizeof(uint16_t));
}

void linear(const LinearSizes& s, const uint16_t* x, const uint16_t* weight, const uint16_t* bias,
            uint16_t* y, std::byte* workspace) {
  Linear linear(s, x, workspace);
  linear.prepare(weight, bias);
  linear.for_blocks(s.O / kProductColumns, [&](int64_t row, int64_t rows, int64_t panel, Desk& desk) {
    linear.compute(row, rows, panel, desk, y + row * s.O + panel * kProductColumns, s.O);
  });
}

void linear_geglu(const LinearSizes& s, const uint16_t* x, const uint16_t* weight, const uint16_t* bias,
                  uint16_t* y, std::byte* workspace) {
  Linear linear(s, x, workspace);
  linear.prepare(weight, bias);
  const int64_t C = s.O / 2, panels = C / kProductColumns;
  linear.for_blocks(panels, [&](int64_t row, int64_t rows, int64_t panel, Desk& desk) {
    linear.compute(row, rows, panel, desk, desk.parts[0], kProductColumns);
    linear.compute(row, rows, panels + panel, desk, desk.parts[1], kProductColumns);
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t from = i * kProductColumns;
      geglu_row(kProductColumns, desk.parts[0] + from, desk.parts[1] + from,
                y + (row + i) * C + panel * kProductColumns);
    }
  });
}

}  // namespace sfv::ops::cpu
