#include "sfv/training/finite_loss.h"

#include <gmock/gmock.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include "tests/error_of.h"

namespace sfv::training {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(FiniteLoss, NamesTheFirstTensorOnTheWayThatIsNotFinite) {
  const torch::Tensor good = torch::ones({2}), bad = torch::full({2}, NAN);
  EXPECT_EQ(check_loss("loss/a", torch::tensor(1.5), {{"x", bad}}), 1.5);
  const Error error = error_of([&] {
    (void)check_loss("loss/a", torch::tensor(NAN),
                     {{"x0", good}, {"undefined", {}}, {"x0_hat", bad}, {"y", bad}});
  });
  EXPECT_EQ(error.code(), ErrorCode::kNotFinite);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("loss/a"), HasSubstr("nan"), HasSubstr("finite is x0_hat")));
  EXPECT_THAT(error_of([&] {
                (void)check_loss("loss/a", torch::tensor(INFINITY), {{"x0", good}});
              }).what(),
              AllOf(HasSubstr("inf"), HasSubstr("is finite")));
}

TEST(FiniteLoss, FindsAValueThatIsNotFinite) {
  const torch::Tensor huge = torch::full({2}, std::numeric_limits<float>::max());
  // Its norm overflows, its values do not.
  EXPECT_EQ(find_bad_value({{"huge", huge}}), "");
  EXPECT_EQ(find_bad_value({{"huge", huge}, {"w", torch::tensor({1.0F, NAN})}}), "w");
  EXPECT_EQ(find_bad_value({{"w", torch::tensor({INFINITY})}, {"v", torch::tensor({-INFINITY})}}), "w");
  EXPECT_EQ(find_bad_value({}), "");
}

}  // namespace
}  // namespace sfv::training
