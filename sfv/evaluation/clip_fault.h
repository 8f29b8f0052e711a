#pragma once

#include "sfv/core/error.h"

namespace sfv::evaluation {

/// Whether an error of reading is about the clip, which can be passed over and named, and not about the run.
[[nodiscard]] inline bool is_clip_fault(const Error& error) {
  return error.code() != ErrorCode::kCancelled && error.code() != ErrorCode::kOutOfMemory &&
         error.code() != ErrorCode::kInternal;
}

}  // namespace sfv::evaluation
