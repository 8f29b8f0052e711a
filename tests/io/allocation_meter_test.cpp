#include "tests/io/allocation_meter.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace {

// Per thread, so that another thread's work is not counted.
thread_local bool is_counting = false;
thread_local size_t largest_bytes = 0;
thread_local int64_t held_bytes = 0;  // may fall below 0: what was allocated before is freed within
thread_local int64_t peak_bytes = 0;

void* allocate(size_t size, size_t alignment) {
  void* memory = alignment <= alignof(std::max_align_t)
                     ? std::malloc(size)
                     : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  if (is_counting) {
    largest_bytes = std::max(largest_bytes, size);
    held_bytes += static_cast<int64_t>(::malloc_usable_size(memory));
    peak_bytes = std::max(peak_bytes, held_bytes);
  }
  return memory;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  if (is_counting) held_bytes -= static_cast<int64_t>(::malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

// The other forms of the standard library (array, nothrow) call these.
void* operator new(size_t size) {
  return allocate(size, 0);
}
void* operator new(size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size) {
  return allocate(size, 0);
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, size_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, size_t, std::align_val_t) noexcept {
  release(memory);
}

namespace sfv::io {

AllocationMeter::AllocationMeter() {
  largest_bytes = 0;
  held_bytes = 0;
  peak_bytes = 0;
  is_counting = true;
}
AllocationMeter::~AllocationMeter() {
  is_counting = false;
}
size_t AllocationMeter::largest() const {
  return largest_bytes;
}
size_t AllocationMeter::peak() const {
  return static_cast<size_t>(peak_bytes);
}

namespace {

TEST(AllocationMeter, SeesTheLargestAndThePeak) {
  std::vector<std::unique_ptr<char[]>> kept(3);
  const AllocationMeter meter;
  for (auto& part : kept) part = std::make_unique<char[]>(1000);
  kept[0].reset();
  EXPECT_EQ(meter.largest(), 1000U);
  EXPECT_GE(meter.peak(), 3000U);
  EXPECT_LT(meter.peak(), 3200U);
  {
    const std::string text(5000, 'x');
    EXPECT_GE(meter.largest(), 5000U);
  }
  EXPECT_LT(meter.peak(), 8000U);
}

}  // namespace
}  // namespace sfv::io
