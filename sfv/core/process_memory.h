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

/// Of that, what belongs to this process alone and lies in no file: what it would have to be given anew.
[[nodiscard]] int64_t private_memory();

/// Bytes that this machine could still give to programs, what it keeps of files included; 0 where it cannot
/// be told.
[[nodiscard]] int64_t available_memory();

}  // namespace sfv
