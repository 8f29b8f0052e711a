#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>
#include <vector>

#include "sfv/tensor/recorded_work.h"

namespace sfv::pipeline {

/// A network's pass, recorded when it comes a second time in the same shapes and launched as a whole from
/// then on. Its memory stays taken. Where recording fails a warning says so, and passes go on one by one.
class RepeatedPass {
 public:
  using Pass = std::function<torch::Tensor(const std::vector<torch::Tensor>& inputs)>;

  /// recorder: empty: every pass runs as it is.
  explicit RepeatedPass(WorkRecorder recorder = {}) : recorder_(std::move(recorder)) {}

  /// pass(inputs). It must do the same each time, on its inputs and on memory that stays where it is. Counts
  /// its operations; a launch of recorded work is one span of a trace, and not to be stopped within.
  [[nodiscard]] torch::Tensor operator()(const std::vector<torch::Tensor>& inputs, const Pass& pass);

 private:
  void record(const Pass& pass);

  WorkRecorder recorder_;
  std::vector<torch::Tensor> inputs_;  // that recorded work reads; of the last pass's shapes before
  torch::Tensor output_;
  double operations_ = 0;
  std::unique_ptr<RecordedWork> work_;
};

}  // namespace sfv::pipeline
