#pragma once

#include <functional>
#include <memory>

namespace sfv {

/// GPU work that was recorded once, to be launched again at once: thousands of kernels cost the CPU one call.
/// It reads and writes the memory that it did when it was recorded.
class RecordedWork {
 public:
  RecordedWork() = default;
  virtual ~RecordedWork() = default;
  RecordedWork(const RecordedWork&) = delete;
  RecordedWork& operator=(const RecordedWork&) = delete;

  /// Launches it on the current stream. Errors: kDevice.
  virtual void replay() = 0;
};

/// Records what run() launches, without doing it. run() may not wait for the GPU, nor read from it. Errors:
/// kDevice.
using WorkRecorder = std::function<std::unique_ptr<RecordedWork>(const std::function<void()>& run)>;

/// Records CUDA graphs, by libsfv_cuda_graph.so. The GPU must be open (tensor/device.h). Errors: kUnsupported
/// where there is no such library, or it is of another build.
[[nodiscard]] WorkRecorder cuda_graph_recorder();

}  // namespace sfv
