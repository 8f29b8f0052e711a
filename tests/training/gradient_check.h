#pragma once

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

namespace sfv::training::testing {

/// Compares the gradient of `f`, a scalar in double, at `x` with central finite differences, number by number
/// (every `stride`-th). f takes x; whatever else it depends on stays.
inline void check_gradient(const std::string& name, torch::Tensor x,
                           const std::function<torch::Tensor(const torch::Tensor&)>& f, int64_t stride = 1,
                           double tolerance = 1e-6) {
  ASSERT_EQ(x.scalar_type(), torch::kDouble);
  x = x.detach().clone(at::MemoryFormat::Contiguous).requires_grad_();
  const torch::Tensor gradient = torch::autograd::grad({f(x)}, {x})[0].contiguous();
  const double scale = gradient.abs().max().item<double>();
  ASSERT_GT(scale, 0) << name << ": the gradient is 0 everywhere";
  constexpr double kStep = 1e-5;
  double* const values = x.data_ptr<double>();
  for (int64_t i = 0; i < x.numel(); i += stride) {
    const double kept = values[i];
    values[i] = kept + kStep;
    const double above = f(x).item<double>();
    values[i] = kept - kStep;
    const double below = f(x).item<double>();
    values[i] = kept;
    const double expected = (above - below) / (2 * kStep);
    ASSERT_NEAR(gradient.view({-1})[i].item<double>(), expected,
                tolerance * std::max({scale, std::abs(above), 1e-3}))
        << name << ", number " << i;
  }
}

}  // namespace sfv::training::testing
