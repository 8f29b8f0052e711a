#include "sfv/training/train_precision.h"

namespace sfv::training {

at::ScalarType trained_dtype(const Recipe& recipe) {
  return recipe.precision == TrainPrecision::kBf16 ? at::kBFloat16 : at::kFloat;
}

at::ScalarType frozen_dtype(const Recipe& recipe) {
  switch (recipe.frozen_precision) {
    case FrozenPrecision::kFp32:
      return at::kFloat;
    case FrozenPrecision::kBf16:
      return at::kBFloat16;
    case FrozenPrecision::kSame:
      break;
  }
  return trained_dtype(recipe);
}

}  // namespace sfv::training
