#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "sfv/core/trace.h"

namespace sfv {

/// A span as it was: times in seconds since the recorder began.
struct RecordedSpan {
  TraceKind kind = TraceKind::kOperator;
  std::string name;
  double begin = 0;
  double seconds = 0;
  double self_seconds = 0;     // without the spans inside
  double operations = 0;       // that were told of meanwhile
  double self_operations = 0;  // and not in a span inside
};

/// Spans of one name, added up.
struct SpanTotal {
  std::string name;
  int64_t calls = 0;
  double seconds = 0;
  double self_seconds = 0;
  double operations = 0;
  double self_operations = 0;
};

/// Keeps all spans. wait: called where a span begins and ends, to let a device finish what was asked of it;
/// without it times on a GPU are those of asking. Used from one thread.
class TraceRecorder : public TraceSink {
 public:
  explicit TraceRecorder(std::function<void()> wait = {});
  void begin(TraceKind kind, std::string_view name) override;
  void end() override;
  void add(double operations) override;

  /// In the order of their beginnings; those that have not ended have 0 seconds.
  [[nodiscard]] const std::vector<RecordedSpan>& spans() const { return spans_; }
  /// The spans of a kind by name, in the order of their first beginnings.
  [[nodiscard]] std::vector<SpanTotal> totals(TraceKind kind) const;

 private:
  [[nodiscard]] double now() const;

  std::function<void()> wait_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::vector<RecordedSpan> spans_;
  std::vector<size_t> open_;  // indices of spans_, the innermost last
};

}  // namespace sfv
