#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>

namespace sfv {

/// Blocks of memory from the system that are kept when given back. What is kept and touches grows together,
/// and each block is cut from the smallest piece that holds it: so one tensor's memory serves others of any
/// size, where blocks kept by size lay idle beside each other. For any thread.
class BlockCache {
 public:
  /// What is in use and what is kept are together at most what was in use at most, `slack` bytes, and a huge
  /// page.
  explicit BlockCache(size_t slack) : slack_(slack) {}
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  /// A block of at least so many bytes (> 0), aligned to a page; null where the system has none, even with
  /// everything that was kept returned to it.
  [[nodiscard]] void* take(size_t bytes);
  /// Whether take() gave this block and it was not given back yet; then it is now.
  bool give(void* block);

  /// Another slack, from now on.
  void set_slack(size_t slack);
  /// Returns all that is kept to the system, and forgets what was in use at most.
  void release();

  [[nodiscard]] size_t used_bytes() const;
  [[nodiscard]] size_t kept_bytes() const;

 private:
  struct Piece {
    size_t size;
    uint64_t age;  // when its last part was given back
  };

  std::byte* take_kept(size_t size);
  std::byte* take_mapped(size_t size);
  void keep(std::byte* first, size_t size, uint64_t age);
  void release_oldest(size_t bytes);
  void trim();

  size_t slack_;
  mutable std::mutex mutex_;
  std::unordered_map<void*, size_t> used_;
  std::map<std::byte*, Piece> kept_;  // no two touch
  size_t used_bytes_ = 0, most_bytes_ = 0, kept_bytes_ = 0;
  uint64_t clock_ = 0;
};

}  // namespace sfv
