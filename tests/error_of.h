#pragma once

#include <utility>

#include "sfv/core/error.h"

namespace sfv {

/// The sfv::Error that `call` throws; one of code kInternal and reason "nothing thrown" if it throws none.
template <typename Call>
[[nodiscard]] Error error_of(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::kInternal, "nothing thrown", "nothing thrown"};
}

}  // namespace sfv
