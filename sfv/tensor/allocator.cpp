#include "sfv/tensor/allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include "sfv/tensor/block_cache.h"

namespace sfv {
namespace {

constexpr size_t kLeastBytes = size_t{1} << 20;  // smaller tensors are malloc's, which keeps them by itself
constexpr size_t kSlack = size_t{256} << 20;

// Never destroyed: tensors may outlive main.
BlockCache& blocks() {
  static auto* const cache = new BlockCache(kSlack);
  return *cache;
}

void free_small(void* data) {
  c10::free_cpu(data);
}
void free_any(void* data) {
  if (data != nullptr && !blocks().give(data)) c10::free_cpu(data);
}

class KeepingAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes >= kLeastBytes ? blocks().take(bytes) : nullptr;
    if (data != nullptr) return {data, data, &free_any, c10::Device(c10::kCPU)};
    data = c10::alloc_cpu(bytes);  // throws with libtorch's words where there is none
    return {data, data, bytes >= kLeastBytes ? &free_any : &free_small, c10::Device(c10::kCPU)};
  }
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return &free_any; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

}  // namespace

void keep_freed_memory() {
  static KeepingAllocator allocator;
  c10::SetCPUAllocator(&allocator, /*priority=*/1);
}

void limit_kept_memory(size_t bytes) {
  blocks().set_slack(bytes);
}

void release_freed_memory() {
  blocks().release();
}

}  // namespace sfv
