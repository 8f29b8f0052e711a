#include "sfv/tensor/cuda_graph_calls.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>

struct SfvCudaGraph {
  at::cuda::CUDAGraph graph;
};

namespace {

void tell(const std::exception& error, char* text, int64_t size) {
  const auto length = std::min<size_t>(std::strlen(error.what()), static_cast<size_t>(size) - 1);
  std::memcpy(text, error.what(), length);
  text[length] = 0;
}

}  // namespace

int sfv_cuda_graph_interface() {
  return kSfvCudaGraphInterface;
}

SfvCudaGraph* sfv_cuda_graph_record(void (*run)(void*), void* context, char* error, int64_t error_size) {
  try {
    auto recorded = std::make_unique<SfvCudaGraph>();
    c10::cuda::device_synchronize();
    // The default stream cannot be recorded. Other threads may go on using the GPU.
    const c10::cuda::CUDAStreamGuard on_stream(c10::cuda::getStreamFromPool());
    recorded->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      run(context);
    } catch (...) {
      try {
        recorded->graph.capture_end();
      } catch (const std::exception&) {  // the first reason is the one to tell
      }
      throw;
    }
    recorded->graph.capture_end();
    return recorded.release();
  } catch (const std::exception& reason) {
    tell(reason, error, error_size);
    return nullptr;
  }
}

int sfv_cuda_graph_replay(SfvCudaGraph* graph, char* error, int64_t error_size) {
  try {
    graph->graph.replay();
    return 0;
  } catch (const std::exception& reason) {
    tell(reason, error, error_size);
    return 1;
  }
}

void sfv_cuda_graph_close(SfvCudaGraph* graph) {
  delete graph;
}
