#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sfv/data/clip_source.h"
#include "sfv/data/sample_order.h"

namespace sfv::data {

/// A training clip and where it stands in the run.
struct Sample {
  int64_t position = 0;
  SamplePlace place;  // the item that was read: the substitute where the first could not be
  TrainingClip clip;
};

/// An item that was passed over.
struct SkippedItem {
  int64_t position = 0;
  int64_t item = 0;
  std::string name;    // of the item
  std::string reason;  // the error's message
};

struct PrefetchOptions {
  int64_t first = 0;     // position of the first sample: where a resumed run goes on, plus the rank's share
  int64_t block = 1;     // samples that follow each other directly: a micro-batch
  int64_t stride = 1;    // from the first of a block to that of the next: block times the number of ranks
  int64_t threads = 2;   // >= 1
  int64_t capacity = 8;  // samples held ready or being made, >= 1
  // Called in next(), in order of positions, for every item that could not be read.
  std::function<void(const SkippedItem&)> on_skip = {};
  int64_t max_attempts = 100;  // items tried for one position, >= 1
};

/// Prepares samples ahead with threads and hands them over in order: sample n is position
/// first + n / block * stride + n % block. What comes depends on source and order only, never on threads,
/// capacity or time. An item that cannot be read (not found, no permission, broken, unsupported, read error)
/// is reported and replaced by SampleOrder::substitute; any other error ends the loader, and next() throws it
/// at its position.
class PrefetchLoader {
 public:
  /// source: borrowed; must outlive the loader. Errors: kInvalidArgument.
  PrefetchLoader(const ClipSource& source, const SampleOrder& order, PrefetchOptions options);
  /// Stops: waits for clips that are being made, at most one a thread.
  ~PrefetchLoader();
  PrefetchLoader(const PrefetchLoader&) = delete;
  PrefetchLoader& operator=(const PrefetchLoader&) = delete;

  /// The next sample; waits for it. For one thread at a time. Errors: kInvalidFile when max_attempts items in
  /// a row could not be read for one position, with the last reason; those of the source that are no
  /// fault of an item. After an error every call throws it again.
  [[nodiscard]] Sample next();
  /// Items passed over in the samples handed out so far.
  [[nodiscard]] int64_t skipped() const;

 private:
  class Workers;
  std::unique_ptr<Workers> workers_;
};

}  // namespace sfv::data
