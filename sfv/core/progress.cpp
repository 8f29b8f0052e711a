#include "sfv/core/progress.h"

#include <algorithm>
#include <utility>

#include "sfv/core/check.h"

namespace sfv {

Progress::Progress(std::vector<ProgressStage> stages, ProgressSink* sink, const CancelToken* cancel)
    : stages_(std::move(stages)), sink_(sink), cancel_(cancel) {
  for (const ProgressStage& stage : stages_) total_ += stage.operations;
}

void Progress::begin_next_stage() {
  if (cancel_ != nullptr) cancel_->throw_if_cancelled();
  SFV_CHECK(next_stage_ < stages_.size(), kInternal, "[progress] more stages were begun than the ",
            stages_.size(), " planned");
  if (next_stage_ > 0) {
    in_stage_ = stages_[next_stage_ - 1].operations;
    report(true);
    finished_ += in_stage_;
  }
  in_stage_ = 0;
  ++next_stage_;
  report(false);
}

void Progress::finish() {
  if (next_stage_ == 0) return;
  finished_ = total_;
  in_stage_ = 0;
  is_finished_ = true;
  report(true);
}

void Progress::add(double operations) {
  if (cancel_ != nullptr) cancel_->throw_if_cancelled();
  if (next_stage_ == 0) return;
  in_stage_ = std::min(in_stage_ + operations, stages_[next_stage_ - 1].operations);
  report(false);
}

double Progress::fraction() const {
  if (is_finished_) return 1;  // also for stages that weigh nothing
  return total_ > 0 ? std::min(1.0, (finished_ + in_stage_) / total_) : 0;
}

void Progress::report(bool stage_finished) {
  if (sink_ == nullptr) return;
  ProgressUpdate update;
  update.stage = stages_[next_stage_ - 1].name;
  update.fraction = fraction();
  update.stage_finished = stage_finished;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const double done = finished_ + in_stage_;
  if (done > 0 && elapsed.count() > 0) {
    update.operations_per_s = done / elapsed.count();
    update.seconds_left = (total_ - done) / update.operations_per_s;
  }
  sink_->update(update);
}

}  // namespace sfv
