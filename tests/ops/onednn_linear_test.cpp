#include "sfv/ops/onednn_linear.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <optional>
#include <stdexcept>
#include <vector>

#include "sfv/core/cpu_features.h"
#include "sfv/tensor/random.h"

namespace sfv::ops {
namespace {

using torch::Tensor;
using torch::autograd::variable_list;

// Relative to the largest value: sums of up to 1280 products in float32.
constexpr double kBound = 2e-6;

double distance(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kDouble) - b).abs().max() / b.abs().max()).item<double>();
}

struct Case {
  std::vector<int64_t> rows;
  int64_t in, out;
  bool has_bias;
};

// SVD's widths and frames, and remainders of every vector's width.
const Case kCases[] = {{{14, 18, 20}, 320, 2560, true},
                       {{2, 14, 45}, 1280, 1280, false},
                       {{14, 9, 5}, 640, 640, true},
                       {{25, 3}, 1280, 10240, true},
                       {{64}, 1, 3, true},
                       {{67, 3}, 97, 31, true}};

class OnednnLinear : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (cpu_features().name.find("Intel") != std::string::npos)
      GTEST_SKIP() << "MKL is the faster one on this processor";
    at::Generator generator = make_generator(7);
    const auto& [rows, in, out, has_bias] = GetParam();
    std::vector<int64_t> shape = rows, dy_shape = rows;
    shape.push_back(in);
    dy_shape.push_back(out);
    leaves_ = {draw_normal(shape, generator), draw_normal({out, in}, generator)};
    if (has_bias) leaves_.push_back(draw_normal({out}, generator));
    for (Tensor& leaf : leaves_) {
      wide_.push_back(leaf.to(at::kDouble).requires_grad_(true));
      leaf.requires_grad_(true);
    }
    dy_ = draw_normal(dy_shape, generator);
  }

  [[nodiscard]] Tensor fast() const {
    const auto y = linear_by_onednn(leaves_[0], leaves_[1], leaves_.size() > 2 ? leaves_[2] : Tensor());
    if (!y) throw std::logic_error("the fast way was not taken");
    return *y;
  }
  [[nodiscard]] Tensor exact() const {
    return at::linear(wide_[0], wide_[1], wide_.size() > 2 ? std::optional(wide_[2]) : std::nullopt);
  }

  variable_list leaves_, wide_;
  Tensor dy_;
};

TEST_P(OnednnLinear, EqualsLibtorchInDouble) {
  const Tensor found = fast(), wanted = exact();
  EXPECT_EQ(found.sizes(), wanted.sizes());
  EXPECT_LE(distance(found, wanted), kBound);
  const variable_list gradients = torch::autograd::grad({found}, leaves_, {dy_});
  const variable_list expected = torch::autograd::grad({wanted}, wide_, {dy_.to(at::kDouble)});
  for (size_t i = 0; i < leaves_.size(); ++i)
    EXPECT_LE(distance(gradients[i], expected[i]), 5 * kBound) << "gradient " << i;
}

// R1 penalises a gradient, and its own gradient goes on to the weight.
TEST_P(OnednnLinear, HasGradientsOfGradients) {
  const auto penalty = [](const Tensor& y, const variable_list& leaves, const Tensor& dy) {
    const Tensor gradient = torch::autograd::grad({y}, {leaves[0]}, {dy}, true, true)[0];
    return torch::autograd::grad({gradient.square().sum()}, {leaves[1]})[0];
  };
  EXPECT_LE(distance(penalty(fast(), leaves_, dy_), penalty(exact(), wide_, dy_.to(at::kDouble))),
            5 * kBound);
}

INSTANTIATE_TEST_SUITE_P(Shapes, OnednnLinear, ::testing::ValuesIn(kCases));

TEST(OnednnLinear, LeavesWhatItIsNotFor) {
  const Tensor weight = at::ones({8, 8});
  EXPECT_FALSE(linear_by_onednn(at::ones({8, 8}), weight, {}));  // few rows
  EXPECT_FALSE(linear_by_onednn(at::ones({64, 8}, at::kDouble), weight.to(at::kDouble), {}));
  EXPECT_FALSE(linear_by_onednn(at::ones({8, 64}).t(), weight, {}));
  EXPECT_FALSE(linear_by_onednn(at::ones({64, 8}, at::kMeta), weight.to(at::kMeta), {}));
}

}  // namespace
}  // namespace sfv::ops
