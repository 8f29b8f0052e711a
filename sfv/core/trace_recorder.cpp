#include "sfv/core/trace_recorder.h"

#include <algorithm>
#include <utility>

namespace sfv {

TraceRecorder::TraceRecorder(std::function<void()> wait) : wait_(std::move(wait)) {}

double TraceRecorder::now() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void TraceRecorder::begin(TraceKind kind, std::string_view name) {
  if (wait_) wait_();
  open_.push_back(spans_.size());
  spans_.push_back({.kind = kind, .name = std::string(name), .begin = now()});
}

void TraceRecorder::end() {
  if (wait_) wait_();
  RecordedSpan& span = spans_[open_.back()];
  open_.pop_back();
  span.seconds = now() - span.begin;
  span.self_seconds += span.seconds;
  if (open_.empty()) return;
  RecordedSpan& outer = spans_[open_.back()];
  outer.self_seconds -= span.seconds;
  outer.operations += span.operations;
}

void TraceRecorder::add(double operations) {
  if (open_.empty()) return;
  RecordedSpan& span = spans_[open_.back()];
  span.operations += operations;
  span.self_operations += operations;
}

std::vector<SpanTotal> TraceRecorder::totals(TraceKind kind) const {
  std::vector<SpanTotal> result;
  for (const RecordedSpan& span : spans_) {
    if (span.kind != kind) continue;
    auto found =
        std::find_if(result.begin(), result.end(), [&](const SpanTotal& t) { return t.name == span.name; });
    if (found == result.end()) found = result.insert(result.end(), SpanTotal{.name = span.name});
    ++found->calls;
    found->seconds += span.seconds;
    found->self_seconds += span.self_seconds;
    found->operations += span.operations;
    found->self_operations += span.self_operations;
  }
  return result;
}

}  // namespace sfv
