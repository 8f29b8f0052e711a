#pragma once

#include <cstdint>

// What sfv and libsfv_cuda_graph.so share: C functions over plain values. The library is the only part of sfv
// that is compiled against CUDA's and libtorch's CUDA headers. It links to neither: sfv opens it after
// libtorch_cuda.so, which has what it calls.

/// Counts up with every change of what follows.
inline constexpr int kSfvCudaGraphInterface = 1;

struct SfvCudaGraph;  // recorded work

extern "C" {

int sfv_cuda_graph_interface();
/// Records what run(context) launches on libtorch's current GPU, without doing it; memory that it takes
/// belongs to the record from then on. Null where that fails: the reason is then in `error` (its end cut
/// off).
SfvCudaGraph* sfv_cuda_graph_record(void (*run)(void*), void* context, char* error, int64_t error_size);
/// Launches it on the current stream. 0, or not, with the reason as above.
int sfv_cuda_graph_replay(SfvCudaGraph* graph, char* error, int64_t error_size);
void sfv_cuda_graph_close(SfvCudaGraph* graph);

}  // extern "C"
