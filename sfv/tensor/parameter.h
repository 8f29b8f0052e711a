#pragma once

#include <torch/types.h>

namespace sfv {

/// A parameter of this shape that takes no memory until values are set (Tensor::set_data), by a checkpoint or
/// an initialiser: float32 zeros of stride 0. On the meta device inside a MetaParameters scope.
[[nodiscard]] torch::Tensor make_parameter(at::IntArrayRef shape);

/// While it lives, this thread's make_parameter() makes meta tensors: a network built so can be run on meta
/// inputs to count its operations and sizes without computing anything.
class MetaParameters {
 public:
  MetaParameters();
  ~MetaParameters();
  MetaParameters(const MetaParameters&) = delete;
  MetaParameters& operator=(const MetaParameters&) = delete;

 private:
  bool outer_;
};

}  // namespace sfv
