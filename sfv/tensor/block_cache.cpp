#include "sfv/tensor/block_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>

#include "sfv/core/rounding.h"

namespace sfv {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHugePage = size_t{2} << 20;

size_t rounded_size(size_t bytes) {
  return round_up(bytes, std::max(kPage, std::bit_floor(bytes) / 16));
}

// Large blocks lie on huge pages where the system has them: fewer faults, fewer misses of the address cache.
void* map_block(size_t size) {
  const bool is_huge = size >= 2 * kHugePage;
  const size_t mapped = is_huge ? size + kHugePage : size;
  void* const start = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return nullptr;
  if (!is_huge) return start;
  auto* const first = static_cast<std::byte*>(start);
  const size_t before =
      round_up(reinterpret_cast<uintptr_t>(start), kHugePage) - reinterpret_cast<uintptr_t>(start);
  if (before > 0) ::munmap(first, before);
  if (before < kHugePage) ::munmap(first + before + size, kHugePage - before);
#if defined(MADV_HUGEPAGE)
  ::madvise(first + before, size, MADV_HUGEPAGE);
#endif
  return first + before;
}

}  // namespace

void* BlockCache::take(size_t bytes) {
  const size_t size = rounded_size(bytes);
  const std::lock_guard lock(mutex_);
  void* block = take_kept(size);
  if (block == nullptr) {
    block = map_block(size);
    while (block == nullptr && kept_bytes_ > 0) {
      release_oldest();
      block = map_block(size);
    }
    if (block == nullptr) return nullptr;
    used_[block] = size;
    used_bytes_ += size;
  }
  most_bytes_ = std::max(most_bytes_, used_bytes_);
  trim();
  return block;
}

// A kept block of this size or up to a quarter larger.
void* BlockCache::take_kept(size_t size) {
  const auto found = kept_.lower_bound(size);
  if (found == kept_.end() || found->first > size + size / 4) return nullptr;
  void* const block = found->second.back().block;
  used_[block] = found->first;
  used_bytes_ += found->first;
  kept_bytes_ -= found->first;
  found->second.pop_back();
  if (found->second.empty()) kept_.erase(found);
  return block;
}

bool BlockCache::give(void* block) {
  const std::lock_guard lock(mutex_);
  const auto found = used_.find(block);
  if (found == used_.end()) return false;
  const size_t size = found->second;
  used_.erase(found);
  used_bytes_ -= size;
  kept_bytes_ += size;
  kept_[size].push_back({block, clock_++});
  trim();
  return true;
}

void BlockCache::trim() {
  while (kept_bytes_ > 0 && used_bytes_ + kept_bytes_ > most_bytes_ + slack_) release_oldest();
}

void BlockCache::release_oldest() {
  const auto oldest = std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
    return a.second.front().age < b.second.front().age;
  });
  ::munmap(oldest->second.front().block, oldest->first);
  kept_bytes_ -= oldest->first;
  oldest->second.erase(oldest->second.begin());
  if (oldest->second.empty()) kept_.erase(oldest);
}

void BlockCache::set_slack(size_t slack) {
  const std::lock_guard lock(mutex_);
  slack_ = slack;
  trim();
}

void BlockCache::release() {
  const std::lock_guard lock(mutex_);
  while (kept_bytes_ > 0) release_oldest();
  most_bytes_ = used_bytes_;
}

size_t BlockCache::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_bytes_;
}

size_t BlockCache::kept_bytes() const {
  const std::lock_guard lock(mutex_);
  return kept_bytes_;
}

}  // namespace sfv
