#pragma once

#include <atomic>

namespace sfv {

/// A request to stop, set from a signal handler or another thread and looked at between operations.
/// Safe to set from a signal handler: one lock-free store.
class CancelToken {
 public:
  /// reason: the signal's number, or 0.
  void cancel(int reason = 0) noexcept { state_.store(reason + 1, std::memory_order_relaxed); }
  [[nodiscard]] bool is_cancelled() const noexcept { return state_.load(std::memory_order_relaxed) != 0; }
  /// The number given to cancel(), or 0.
  [[nodiscard]] int reason() const noexcept;
  /// Errors: kCancelled once cancel() was called.
  void throw_if_cancelled() const;

 private:
  std::atomic<int> state_{0};  // 0 = go on, otherwise reason + 1
  static_assert(std::atomic<int>::is_always_lock_free);
};

}  // namespace sfv
