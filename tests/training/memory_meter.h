#pragma once

#include <c10/core/Allocator.h>

#include <algorithm>
#include <cstdint>

namespace sfv::training::testing {

/// Bytes of tensors alive on this thread, as the allocator reports them to a profiler: the state of a
/// c10::DebugInfoGuard of kind PROFILER_STATE.
class MemoryMeter : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void* /*pointer*/, int64_t size, size_t /*total*/, size_t /*reserved*/,
                         c10::Device /*device*/) override {
    now += size;
    peak = std::max(peak, now);
  }
  [[nodiscard]] bool memoryProfilingEnabled() const override { return true; }

  int64_t now = 0, peak = 0;
};

}  // namespace sfv::training::testing
