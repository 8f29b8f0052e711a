#pragma once

#include <cstdint>

namespace sfv::data {

/// What stands at one position of a run.
struct SamplePlace {
  int64_t item = 0;        // of the source
  uint64_t draw_seed = 0;  // for what is drawn anew each time
  int64_t epoch = 0;       // how often all items have come before
};

/// The order of a run's samples: a function of (size, seed, position) that keeps no state, so that a resumed
/// run and any number of ranks and threads see the same samples at the same positions. Each epoch goes
/// through all items once, in another order each time: a Feistel network over the next power of four, walked
/// until it is inside (Black and Rogaway 2002). Of an unlimited source item k stands at position k.
class SampleOrder {
 public:
  /// size: of the source, >= 1, or ClipSource::kUnlimited. Errors: kInvalidArgument.
  SampleOrder(int64_t size, uint64_t seed);

  /// position: >= 0.
  [[nodiscard]] SamplePlace at(int64_t position) const;
  /// Who stands in when `attempt` items for this position could not be read: drawn from all items with
  /// (seed, position, attempt). attempt: >= 1; 0 is at(position).
  [[nodiscard]] SamplePlace substitute(int64_t position, int64_t attempt) const;

 private:
  int64_t size_;
  uint64_t seed_;
  int half_bits_;
};

}  // namespace sfv::data
