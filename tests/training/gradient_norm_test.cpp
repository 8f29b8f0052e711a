#include "sfv/training/gradient_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sfv/core/error.h"

namespace sfv::training {
namespace {

using torch::Tensor;

TEST(GradientNorm, IsOfAllGradientsTogether) {
  const Tensor a = torch::zeros({2}).requires_grad_(), b = torch::zeros({1}).requires_grad_();
  const Tensor none = torch::zeros({3}).requires_grad_();
  const NamedTensors parameters = {{"a", a}, {"b", b}, {"none", none}};
  EXPECT_EQ(gradient_norm(parameters), 0);
  a.mutable_grad() = torch::tensor({2.0F, 3.0F});
  b.mutable_grad() = torch::tensor({6.0F});
  EXPECT_NEAR(gradient_norm(parameters), 7, 1e-6);
  EXPECT_NEAR(clip_gradients(parameters, 10), 7, 1e-6);
  EXPECT_EQ(b.grad().item<float>(), 6);
  EXPECT_NEAR(clip_gradients(parameters, 3.5), 7, 1e-6);
  EXPECT_NEAR(gradient_norm(parameters), 3.5, 1e-6);
  EXPECT_NEAR(b.grad().item<float>(), 3, 1e-6);
  EXPECT_THROW((void)clip_gradients(parameters, 0), Error);
}

TEST(GradientNorm, NamesTheGradientThatIsNotFinite) {
  const Tensor a = torch::zeros({2}).requires_grad_(), b = torch::zeros({1}).requires_grad_();
  const NamedTensors parameters = {{"a", a}, {"b", b}};
  a.mutable_grad() = torch::ones({2});
  EXPECT_EQ(find_bad_gradient(parameters), "");
  b.mutable_grad() = torch::full({1}, NAN);
  EXPECT_EQ(find_bad_gradient(parameters), "b");
  EXPECT_TRUE(std::isnan(clip_gradients(parameters, 1)));
  EXPECT_EQ(a.grad()[0].item<float>(), 1);  // not spoilt by the other
  // The backward pass comes from the end: the last one was the first to be bad.
  a.mutable_grad() = torch::full({2}, NAN);
  EXPECT_EQ(find_bad_gradient(parameters), "b");
}

}  // namespace
}  // namespace sfv::training
