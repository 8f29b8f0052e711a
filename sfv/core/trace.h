#pragma once

#include <string_view>

namespace sfv {

/// What a span of work is.
enum class TraceKind {
  kStage,     // of a request: "encode", "denoise", "decode"
  kBlock,     // of a network: "unet", "up_blocks.3"
  kOperator,  // of sfv/ops: "conv2d", "attention"
};

/// Receives spans as they begin and end, one inside the other, and the operations that count_work() tells of
/// between.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void begin(TraceKind kind, std::string_view name) = 0;
  virtual void end() = 0;
  virtual void add(double operations) = 0;
};

/// Makes `sink` the one that spans on this thread go to, until the scope ends (scopes nest); null: none.
/// Ambient for the reason that a WorkMeter is (core/work.h).
class TraceScope {
 public:
  explicit TraceScope(TraceSink* sink);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  TraceSink* outer_;
};

/// A span of work on this thread, from here to the end of the scope; nothing without a sink.
class TraceSpan {
 public:
  TraceSpan(TraceKind kind, std::string_view name);
  ~TraceSpan();
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;

 private:
  TraceSink* sink_;
};

/// Tells this thread's sink of finished operations; does nothing without one.
void trace_operations(double operations);

}  // namespace sfv
