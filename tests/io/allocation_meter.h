#pragma once

#include <cstddef>

namespace sfv::io {

/// What the current thread allocates with operator new while this object lives (allocation_meter_test.cpp
/// replaces the operators for the whole test binary). Scopes do not nest.
class AllocationMeter {
 public:
  AllocationMeter();
  ~AllocationMeter();
  AllocationMeter(const AllocationMeter&) = delete;
  AllocationMeter& operator=(const AllocationMeter&) = delete;

  /// Bytes of the largest single allocation.
  [[nodiscard]] size_t largest() const;
  /// The most bytes that were held at one time.
  [[nodiscard]] size_t peak() const;
};

}  // namespace sfv::io
