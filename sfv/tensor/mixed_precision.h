#pragma once

#include <torch/types.h>

namespace sfv {

/// While it lives, the products of networks on this thread (convolutions, linear layers, attention: sfv/ops)
/// cast float32 factors to `compute` and give results in it; what flows between layers then has that type,
/// too. Norms and softmax still take their sums in float32, and parameters stay as they are: the cast has a
/// gradient, which arrives in float32. kFloat inside another scope: off again. Scopes nest. Against
/// torch.autocast: casts nothing but factors and keeps no cache, so a layer that is run again without or
/// with a graph gives the same bits, and tensors without data go through it, too.
class MixedPrecision {
 public:
  explicit MixedPrecision(at::ScalarType compute);
  ~MixedPrecision();
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;

  /// Of the innermost scope on this thread: kFloat when there is none. For who runs something again later,
  /// on another thread perhaps.
  [[nodiscard]] static at::ScalarType current();

 private:
  at::ScalarType outer_;
};

/// Whether products on this thread are cast.
[[nodiscard]] bool is_mixed();

/// x as a factor of a product: cast if it is float32 and products are; undefined stays undefined.
[[nodiscard]] torch::Tensor as_factor(const torch::Tensor& x);

}  // namespace sfv
