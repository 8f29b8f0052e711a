#include "sfv/core/work.h"

#include "sfv/core/trace.h"

namespace sfv {
namespace {

thread_local WorkMeter* current_meter = nullptr;

}  // namespace

WorkScope::WorkScope(WorkMeter& meter) : outer_(current_meter) {
  current_meter = &meter;
}
WorkScope::~WorkScope() {
  current_meter = outer_;
}

void count_work(double operations) {
  trace_operations(operations);
  if (current_meter != nullptr) current_meter->add(operations);
}

}  // namespace sfv
