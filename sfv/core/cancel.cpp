#include "sfv/core/cancel.h"

#include "sfv/core/error.h"

namespace sfv {

int CancelToken::reason() const noexcept {
  const int state = state_.load(std::memory_order_relaxed);
  return state == 0 ? 0 : state - 1;
}

void CancelToken::throw_if_cancelled() const {
  if (is_cancelled()) throw Error(ErrorCode::kCancelled, "cancelled");
}

}  // namespace sfv
