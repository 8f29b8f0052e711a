#include "sfv/tensor/block_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "sfv/core/rounding.h"

namespace sfv {
namespace {

constexpr size_t kUnit = size_t{64} << 10;  // of a block
constexpr size_t kHugePage = size_t{2} << 20;

std::byte* map(size_t size) {
  void* const start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return start == MAP_FAILED ? nullptr : static_cast<std::byte*>(start);
}

size_t to_huge_page(const std::byte* place) {
  const auto address = reinterpret_cast<uintptr_t>(place);
  return round_up(address, kHugePage) - address;
}

// On huge pages where the system has them: fewer faults, fewer misses of the address cache. Null where there
// is no memory.
std::byte* map_huge_pages(size_t size) {
  std::byte* first = map(size);
  if (first != nullptr && to_huge_page(first) != 0) {
    ::munmap(first, size);
    first = map(size + kHugePage);
    if (first == nullptr) return nullptr;
    const size_t before = to_huge_page(first);
    if (before > 0) ::munmap(first, before);
    first += before;
    if (before < kHugePage) ::munmap(first + size, kHugePage - before);
  }
#if defined(MADV_HUGEPAGE)
  if (first != nullptr) ::madvise(first, size, MADV_HUGEPAGE);
#endif
  return first;
}

}  // namespace

void* BlockCache::take(size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > SIZE_MAX / 2) return nullptr;
  const size_t size = round_up(bytes, kUnit);
  std::byte* block = take_kept(size);
  if (block == nullptr) block = take_mapped(size);
  if (block == nullptr) return nullptr;
  used_[block] = size;
  used_bytes_ += size;
  most_bytes_ = std::max(most_bytes_, used_bytes_);
  trim();
  return block;
}

// From the smallest piece that is large enough; null without one.
std::byte* BlockCache::take_kept(size_t size) {
  auto best = kept_.end();
  for (auto piece = kept_.begin(); piece != kept_.end(); ++piece) {
    if (piece->second.size >= size && (best == kept_.end() || piece->second.size < best->second.size))
      best = piece;
  }
  if (best == kept_.end()) return nullptr;
  const auto [first, piece] = *best;
  kept_.erase(best);
  if (piece.size > size) kept_[first + size] = {piece.size - size, piece.age};
  kept_bytes_ -= size;
  return first;
}

// Whole huge pages from the system: what the block leaves of the last is kept.
std::byte* BlockCache::take_mapped(size_t size) {
  const size_t mapped = round_up(size, kHugePage);
  std::byte* block = map_huge_pages(mapped);
  if (block == nullptr && kept_bytes_ > 0) {
    release_oldest(kept_bytes_);
    block = map_huge_pages(mapped);
  }
  if (block != nullptr && mapped > size) keep(block + size, mapped - size, clock_++);
  return block;
}

void BlockCache::keep(std::byte* first, size_t size, uint64_t age) {
  kept_bytes_ += size;
  auto after = kept_.lower_bound(first);
  if (after != kept_.end() && first + size == after->first) {
    size += after->second.size;
    after = kept_.erase(after);
  }
  if (after != kept_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second.size == first) {
      before->second = {before->second.size + size, age};
      return;
    }
  }
  kept_.emplace_hint(after, first, Piece{size, age});
}

bool BlockCache::give(void* block) {
  const std::lock_guard lock(mutex_);
  const auto found = used_.find(block);
  if (found == used_.end()) return false;
  const size_t size = found->second;
  used_.erase(found);
  used_bytes_ -= size;
  keep(static_cast<std::byte*>(block), size, clock_++);
  trim();
  return true;
}

void BlockCache::trim() {
  const size_t most = most_bytes_ + slack_ + kHugePage;
  if (used_bytes_ + kept_bytes_ > most) release_oldest(used_bytes_ + kept_bytes_ - most);
}

// At least so many bytes of what is kept. No huge page is cut that lies in one piece.
void BlockCache::release_oldest(size_t bytes) {
  const size_t left = kept_bytes_ - bytes;
  while (kept_bytes_ > left) {
    const auto oldest = std::min_element(
        kept_.begin(), kept_.end(), [](const auto& a, const auto& b) { return a.second.age < b.second.age; });
    const auto [first, piece] = *oldest;
    const size_t wanted = kept_bytes_ - left;
    const size_t size = std::min(piece.size, wanted + to_huge_page(first + wanted));
    ::munmap(first, size);
    kept_bytes_ -= size;
    kept_.erase(oldest);
    if (size < piece.size) kept_[first + size] = {piece.size - size, piece.age};
  }
}

void BlockCache::set_slack(size_t slack) {
  const std::lock_guard lock(mutex_);
  slack_ = slack;
  trim();
}

void BlockCache::release() {
  const std::lock_guard lock(mutex_);
  release_oldest(kept_bytes_);
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
