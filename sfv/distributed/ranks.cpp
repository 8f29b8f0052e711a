#include "sfv/distributed/ranks.h"

#include "sfv/core/check.h"

namespace sfv::distributed {

void check_sendable(const torch::Tensor& tensor) {
  SFV_CHECK(tensor.defined() && tensor.is_contiguous(), kInvalidArgument,
            "[ranks] expected a contiguous tensor to send");
}

void check_summable(const torch::Tensor& tensor) {
  check_sendable(tensor);
  const auto dtype = tensor.scalar_type();
  SFV_CHECK(dtype == at::kFloat || dtype == at::kDouble || dtype == at::kLong, kInvalidArgument,
            "[ranks] expected float32, float64 or int64 to sum, got ", dtype);
}

void SingleRank::sum(torch::Tensor& tensor) {
  check_summable(tensor);
}

void SingleRank::broadcast(torch::Tensor& tensor, int64_t from) {
  check_sendable(tensor);
  SFV_CHECK(from == 0, kInvalidArgument, "[ranks] there is no rank ", from, " of 1");
}

}  // namespace sfv::distributed
