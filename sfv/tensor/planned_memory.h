#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>

namespace sfv {

/// What a tensor without data stands for in a plan.
enum class PlannedKind { kOther, kWeightCopy, kGradient };

/// Bytes by kind.
struct PlannedBytes {
  std::array<int64_t, 3> of = {};

  [[nodiscard]] int64_t of_kind(PlannedKind kind) const { return of[static_cast<size_t>(kind)]; }
  [[nodiscard]] int64_t total() const { return of[0] + of[1] + of[2]; }
};

/// While it lives, tensors on the meta device (shapes without data) stand for tensors on a device of this
/// type: operations take the way they take there, the bytes that they would hold are counted, and item() of
/// one gives 1. So a training step runs through networks and autograd, its memory is known, and nothing is
/// computed or allocated. One at a time in a process, from one thread.
class PlannedMemory {
 public:
  explicit PlannedMemory(at::DeviceType device);
  ~PlannedMemory();
  PlannedMemory(const PlannedMemory&) = delete;
  PlannedMemory& operator=(const PlannedMemory&) = delete;

  /// Bytes of tensors alive.
  [[nodiscard]] PlannedBytes now() const;
  /// The same when their sum was the largest, since the last begin_peak().
  [[nodiscard]] PlannedBytes peak() const;
  void begin_peak();
  /// Counts a tensor's memory as that of a kind.
  void set_kind(const torch::Tensor& tensor, PlannedKind kind);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Tensors without data that begin while it lives are of a kind.
class PlannedKindScope {
 public:
  explicit PlannedKindScope(PlannedKind kind);
  ~PlannedKindScope();
  PlannedKindScope(const PlannedKindScope&) = delete;
  PlannedKindScope& operator=(const PlannedKindScope&) = delete;

 private:
  PlannedKind outer_;
};

/// Whether x is on the CPU, or stands for a tensor there.
[[nodiscard]] bool computes_on_cpu(const torch::Tensor& x);

}  // namespace sfv
