#include "sfv/tensor/device_memory.h"

#include <c10/core/CachingDeviceAllocator.h>

#include "sfv/tensor/allocator.h"

namespace sfv {

MemoryUse device_memory(const torch::Device& device) {
  if (device.is_cpu()) return process_memory();
  if (!device.is_cuda()) return {};
  constexpr size_t kAll = 0;  // of small and large blocks together
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  return {stats.allocated_bytes.at(kAll).current, stats.allocated_bytes.at(kAll).peak};
}

int64_t free_device_memory(const torch::Device& device) {
  return static_cast<int64_t>(c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index()).first);
}

void release_kept_memory(const torch::Device& device) {
  if (device.is_cpu()) return release_freed_memory();
  c10::getDeviceAllocator(device.type())->emptyCache();
}

}  // namespace sfv
