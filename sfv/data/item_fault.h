#pragma once

#include "sfv/core/error.h"

namespace sfv::data {

/// Whether an error is the fault of one item, which another can stand in for or which can be passed over; the
/// rest are faults of the run.
[[nodiscard]] inline bool is_item_fault(ErrorCode code) {
  return code == ErrorCode::kNotFound || code == ErrorCode::kInvalidFile || code == ErrorCode::kUnsupported ||
         code == ErrorCode::kPermission || code == ErrorCode::kIo;
}

}  // namespace sfv::data
