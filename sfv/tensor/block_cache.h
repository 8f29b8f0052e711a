#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sfv {

/// Blocks of memory from the system, each mapped by itself, that are kept when given back. Sizes are rounded
/// up to one of sixteen steps an octave, so that a block fits the next tensor of about its size. For any
/// thread.
class BlockCache {
 public:
  /// What is in use and what is kept are together at most what was in use at most, and `slack` bytes.
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
  struct Kept {
    void* block;
    uint64_t age;  // when it was given back
  };

  void* take_kept(size_t bytes);
  void release_oldest();
  void trim();

  size_t slack_;
  mutable std::mutex mutex_;
  std::unordered_map<void*, size_t> used_;
  std::map<size_t, std::vector<Kept>> kept_;  // by size; the newest last
  size_t used_bytes_ = 0, most_bytes_ = 0, kept_bytes_ = 0;
  uint64_t clock_ = 0;
};

}  // namespace sfv
