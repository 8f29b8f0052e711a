// Samples prepared ahead by threads, handed over in order.
#include "sfv/data/prefetch_loader.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/data/item_fault.h"

namespace sfv::data {
namespace {

/// A finished sample with what was passed over for it, or the error that ends the run.
struct Outcome {
  Sample sample;
  std::vector<SkippedItem> skipped;
  std::exception_ptr error;
};

}  // namespace

/// One lock guards everything but the loading itself. Ticket n is sample n; its slot is slots_[n - handed_].
class PrefetchLoader::Workers {
 public:
  Workers(const ClipSource& source, const SampleOrder& order, PrefetchOptions options)
      : source_(source), order_(order), options_(std::move(options)) {
    threads_.reserve(static_cast<size_t>(options_.threads));
    try {
      for (int64_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      stop();
      throw system_error(error.code().value(), "[prefetch] cannot start a thread");
    }
  }
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  Sample next() {
    Outcome outcome;
    {
      std::unique_lock lock(mutex_);
      if (error_) std::rethrow_exception(error_);
      is_ready_.wait(lock, [this] { return !slots_.empty() && slots_.front().has_value(); });
      outcome = *std::move(slots_.front());
      slots_.pop_front();
      ++handed_;
      if (outcome.error) error_ = outcome.error;
      skipped_ += static_cast<int64_t>(outcome.skipped.size());
    }
    has_room_.notify_one();
    if (options_.on_skip) {
      for (const SkippedItem& item : outcome.skipped) options_.on_skip(item);
    }
    if (outcome.error) std::rethrow_exception(outcome.error);
    return std::move(outcome.sample);
  }

  [[nodiscard]] int64_t skipped() const {
    const std::lock_guard lock(mutex_);
    return skipped_;
  }

 private:
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    has_room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void work() {
    for (;;) {
      int64_t ticket = 0;
      {
        std::unique_lock lock(mutex_);
        has_room_.wait(
            lock, [this] { return is_stopping_ || static_cast<int64_t>(slots_.size()) < options_.capacity; });
        if (is_stopping_) return;
        ticket = handed_ + static_cast<int64_t>(slots_.size());
        slots_.emplace_back();
      }
      Outcome outcome =
          load(options_.first + ticket / options_.block * options_.stride + ticket % options_.block);
      {
        const std::lock_guard lock(mutex_);
        // handed_ has not passed this ticket: next() waits for the front slot to be filled.
        slots_[static_cast<size_t>(ticket - handed_)] = std::move(outcome);
      }
      is_ready_.notify_one();
    }
  }

  Outcome load(int64_t position) const noexcept {
    Outcome outcome;
    try {
      for (int64_t attempt = 0;; ++attempt) {
        const SamplePlace place = order_.substitute(position, attempt);
        try {
          outcome.sample = {
              .position = position, .place = place, .clip = source_.load(place.item, place.draw_seed)};
          return outcome;
        } catch (const Error& error) {
          if (!is_item_fault(error.code())) throw;
          outcome.skipped.push_back({.position = position,
                                     .item = place.item,
                                     .name = source_.name(place.item),
                                     .reason = error.what()});
          SFV_CHECK(attempt + 1 < options_.max_attempts, kInvalidFile, "[data] ", options_.max_attempts,
                    " items in a row could not be read for position ", position,
                    "; look at the data with sfv data check; the last: ", error.what());
        }
      }
    } catch (...) {
      outcome.error = std::current_exception();
    }
    return outcome;
  }

  const ClipSource& source_;
  const SampleOrder order_;
  const PrefetchOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable has_room_;  // a ticket may be taken, or the end has come
  std::condition_variable is_ready_;  // a slot was filled
  std::deque<std::optional<Outcome>> slots_;
  int64_t handed_ = 0;
  int64_t skipped_ = 0;
  bool is_stopping_ = false;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

PrefetchLoader::PrefetchLoader(const ClipSource& source, const SampleOrder& order, PrefetchOptions options) {
  const auto check = [](bool is_right, const char* name, int64_t value) {
    SFV_CHECK(is_right, kInvalidArgument, "[prefetch] ", name, " is ", value, ", which is too small");
  };
  check(options.first >= 0, "first", options.first);
  check(options.block >= 1, "block", options.block);
  check(options.stride >= options.block, "stride", options.stride);
  check(options.threads >= 1, "threads", options.threads);
  check(options.capacity >= 1, "capacity", options.capacity);
  check(options.max_attempts >= 1, "max_attempts", options.max_attempts);
  workers_ = std::make_unique<Workers>(source, order, std::move(options));
}

PrefetchLoader::~PrefetchLoader() = default;

Sample PrefetchLoader::next() {
  return workers_->next();
}

int64_t PrefetchLoader::skipped() const {
  return workers_->skipped();
}

}  // namespace sfv::data
