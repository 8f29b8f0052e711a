#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sfv::ops {

/// Largest single operation that is issued while no gradient is wanted (2 x multiply-adds). Between two the
/// meter is told and may stop the work, so a cancel is heard within about a second, and temporary tensors
/// stay small. 6e10 unless a MaxOperations scope says otherwise.
[[nodiscard]] double max_operations();

/// While it lives, max_operations() on this thread is `limit` (> 0). Scopes nest.
class MaxOperations {
 public:
  explicit MaxOperations(double limit);
  ~MaxOperations();
  MaxOperations(const MaxOperations&) = delete;
  MaxOperations& operator=(const MaxOperations&) = delete;

 private:
  double outer_;
};

/// About how many bytes the tensors have that a network works on at a time where it goes through its input in
/// pieces to hold less (nn/frame_source.h). 64 MiB unless a MaxPiece scope says otherwise.
[[nodiscard]] int64_t max_piece_bytes();

/// While it lives, max_piece_bytes() on this thread is `bytes` (> 0). Scopes nest.
class MaxPiece {
 public:
  explicit MaxPiece(int64_t bytes);
  ~MaxPiece();
  MaxPiece(const MaxPiece&) = delete;
  MaxPiece& operator=(const MaxPiece&) = delete;

 private:
  int64_t outer_;
};

/// f over slices of x along dim `dim`, each of about max_operations() at most; the results joined along the
/// same dim. With gradients enabled: f(x) in one piece, so that autograd sees one operation. Every slice is
/// computed by itself, so the result does not depend on where the cuts are (up to rounding). operations: of f
/// over the whole of x.
template <typename F>
[[nodiscard]] torch::Tensor split_along(const torch::Tensor& x, int64_t dim, double operations, F&& f) {
  const int64_t size = x.size(dim);
  const int64_t pieces = std::min(size, static_cast<int64_t>(operations / max_operations()) + 1);
  if (pieces <= 1 || torch::GradMode::is_enabled()) return f(x);
  const int64_t step = (size + pieces - 1) / pieces;
  torch::Tensor joined;
  for (int64_t begin = 0; begin < size; begin += step) {
    const int64_t length = std::min(step, size - begin);
    const torch::Tensor part = f(x.narrow(dim, begin, length));
    if (!joined.defined()) {
      std::vector<int64_t> shape = part.sizes().vec();
      shape[dim] = size;
      joined = torch::empty(shape, part.options(), part.suggest_memory_format());
    }
    joined.narrow(dim, begin, length).copy_(part);
  }
  return joined;
}

}  // namespace sfv::ops
