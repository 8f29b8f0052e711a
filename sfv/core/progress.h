#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sfv/core/cancel.h"
#include "sfv/core/work.h"

namespace sfv {

/// A state of long work, as shown to a person. Counts finished operations, not time.
struct ProgressUpdate {
  std::string stage;            // "denoise 2/25"
  double fraction = 0;          // of the whole work, 0..1, never falls
  double operations_per_s = 0;  // measured over the stages so far; 0 while unknown
  double seconds_left = -1;     // < 0 while unknown
  bool stage_finished = false;
};

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  /// May be called thousands of times a second; a sink that draws limits its own rate.
  virtual void update(const ProgressUpdate& update) = 0;
};

/// One part of the work and how much it weighs. For the network stages: counted operations. For a stage
/// without operations of its own (loading, writing): the operations that would take about as long.
struct ProgressStage {
  std::string name;
  double operations = 0;
};

/// Turns counted operations into progress over a known list of stages, and stops the work when its token is
/// set. Used from one thread; begin() each stage in order, then count_work() inside a WorkScope of this
/// meter.
class Progress : public WorkMeter {
 public:
  /// sink and cancel may be null and are borrowed.
  Progress(std::vector<ProgressStage> stages, ProgressSink* sink, const CancelToken* cancel);

  /// Ends the stage before (counted as whole from then on) and starts the next.
  /// Errors: kCancelled; kInternal when there is none left.
  void begin_next_stage();
  /// Ends the last stage: fraction 1.
  void finish();
  /// Errors: kCancelled.
  void add(double operations) override;

  [[nodiscard]] double fraction() const;

 private:
  void report(bool stage_finished);

  std::vector<ProgressStage> stages_;
  ProgressSink* sink_;
  const CancelToken* cancel_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double total_ = 0;     // operations of all stages
  double finished_ = 0;  // operations of ended stages
  double in_stage_ = 0;  // operations done of the current stage
  bool is_finished_ = false;
  size_t next_stage_ = 0;  // current stage + 1; 0 before the first
};

}  // namespace sfv
