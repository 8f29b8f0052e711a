#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace sfv::evaluation {

/// Makes results number 0 … count - 1 with threads and hands them over in order. At most `capacity` of them
/// are made or being made and not yet taken, so memory stays flat however far the threads could run ahead.
template <typename Result>
class ReadAhead {
 public:
  /// make: runs on several threads at once; what it throws is thrown by the next() of that number.
  ReadAhead(int64_t count, int64_t threads, int64_t capacity, std::function<Result(int64_t)> make)
      : count_(count), capacity_(capacity), make_(std::move(make)) {
    for (int64_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  /// Waits for what is being made.
  ~ReadAhead() {
    {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Waits for the next result. Called at most `count` times, from one thread.
  [[nodiscard]] Result next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return made_.count(taken_) > 0; });
    Slot slot = std::move(made_.at(taken_));
    made_.erase(taken_++);
    lock.unlock();
    changed_.notify_all();
    if (slot.error) std::rethrow_exception(slot.error);
    return std::move(slot.result);
  }

 private:
  struct Slot {
    Result result;
    std::exception_ptr error;
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock,
                    [this] { return is_stopped_ || started_ == count_ || started_ < taken_ + capacity_; });
      if (is_stopped_ || started_ == count_) return;
      const int64_t number = started_++;
      lock.unlock();
      Slot slot;
      try {
        slot.result = make_(number);
      } catch (...) {
        slot.error = std::current_exception();
      }
      lock.lock();
      made_.emplace(number, std::move(slot));
      changed_.notify_all();
    }
  }

  const int64_t count_;
  const int64_t capacity_;
  const std::function<Result(int64_t)> make_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<int64_t, Slot> made_;  // by number
  int64_t started_ = 0;
  int64_t taken_ = 0;
  bool is_stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sfv::evaluation
