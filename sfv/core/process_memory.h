#pragma once

#include <cstdint>

namespace sfv {

/// Memory of this process or of a device, in bytes; 0 where it cannot be told.
struct MemoryUse {
  int64_t now = 0;
  int64_t peak = 0;  // the most so far
};

/// Resident memory of this process: weights that lie in mapped files count once they were read.
[[nodiscard]] MemoryUse process_memory();

}  // namespace sfv
