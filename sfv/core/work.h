#pragma once

namespace sfv {

/// Receives the operations a network has finished (2 x multiply-adds of convolutions, linears and attention
/// products, and for passes over memory those that would take as long, see ops/cost.h), and may stop the work
/// by throwing.
class WorkMeter {
 public:
  virtual ~WorkMeter() = default;
  /// operations: finished since the last call, >= 0. Errors: kCancelled when the work is to stop.
  virtual void add(double operations) = 0;
};

/// Makes `meter` the one that count_work() on this thread reports to, until the scope ends (scopes nest).
/// The one ambient thing in the library: a meter is needed in every block of every network and belongs to
/// none of them, as libtorch's grad mode does.
class WorkScope {
 public:
  explicit WorkScope(WorkMeter& meter);
  ~WorkScope();
  WorkScope(const WorkScope&) = delete;
  WorkScope& operator=(const WorkScope&) = delete;

 private:
  WorkMeter* outer_;
};

/// Reports finished operations to this thread's meter and trace (core/trace.h); does nothing without them.
void count_work(double operations);

}  // namespace sfv
