#pragma once

#include <cmath>

#include "sfv/ops/cuda/host_device.h"

namespace sfv::ops::cuda {

/// x * sigmoid(x). -0 for very negative x: exp overflows to infinity there, never to NaN.
SFV_HOST_DEVICE inline float silu(float x) {
  return x / (1.0F + expf(-x));
}

/// The exact GELU, x * Phi(x) by the error function. Source: svd.md section 3.5.
SFV_HOST_DEVICE inline float gelu(float x) {
  constexpr float kSqrtHalf = 0.70710678F;
  return 0.5F * x * (1.0F + erff(x * kSqrtHalf));
}

}  // namespace sfv::ops::cuda
