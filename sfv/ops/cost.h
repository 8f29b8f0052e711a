#pragma once

namespace sfv::ops {

// What passes over memory weigh in progress: so many operations of a matrix product take as long as one
// element. Measured on two cores of a Zen CPU at SVD's widths (GroupNorm + SiLU of 14x320x72x128 in 24 ms
// beside 200 GFLOP/s; attention of 9216 tokens at 150 GFLOP/s); rough on other machines, where they only
// shift the bar by a few percent.
inline constexpr double kNormCost = 100;    // an element of GroupNorm or LayerNorm, with its activation
inline constexpr double kSoftmaxCost = 80;  // an element of an attention matrix
inline constexpr double kGateCost = 60;     // an element that GEGLU gives

}  // namespace sfv::ops
