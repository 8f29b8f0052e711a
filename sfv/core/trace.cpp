#include "sfv/core/trace.h"

namespace sfv {
namespace {

thread_local TraceSink* current_sink = nullptr;

}  // namespace

TraceScope::TraceScope(TraceSink* sink) : outer_(current_sink) {
  current_sink = sink;
}
TraceScope::~TraceScope() {
  current_sink = outer_;
}

TraceSpan::TraceSpan(TraceKind kind, std::string_view name) : sink_(current_sink) {
  if (sink_ != nullptr) sink_->begin(kind, name);
}
TraceSpan::~TraceSpan() {
  if (sink_ != nullptr) sink_->end();
}

void trace_operations(double operations) {
  if (current_sink != nullptr) current_sink->add(operations);
}

}  // namespace sfv
