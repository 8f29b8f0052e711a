#include "sfv/tensor/recorded_work.h"

#include <array>

#include "sfv/core/check.h"
#include "sfv/core/side_library.h"
#include "sfv/tensor/cuda_graph_calls.h"

namespace sfv {
namespace {

constexpr const char* kFileName = "libsfv_cuda_graph.so";

struct GraphLibrary {
  decltype(&sfv_cuda_graph_record) record = nullptr;
  decltype(&sfv_cuda_graph_replay) replay = nullptr;
  decltype(&sfv_cuda_graph_close) close = nullptr;
};

GraphLibrary load_library() {
  const SideLibrary file = open_side_library(kFileName, SymbolScope::kLocal);
  SFV_CHECK(file.handle != nullptr, kUnsupported, "[cuda-graph] ", file.path,
            " cannot be loaded: ", file.reason, "; build sfv with -DSFV_CUDA=ON, or leave --cuda-graph out");
  GraphLibrary f;
  const bool fits = has_interface(file.handle, "sfv_cuda_graph_interface", kSfvCudaGraphInterface) &&
                    find_functions(file.handle, "sfv_cuda_graph_record", f.record, "sfv_cuda_graph_replay",
                                   f.replay, "sfv_cuda_graph_close", f.close);
  SFV_CHECK(fits, kUnsupported, "[cuda-graph] ", file.path, ": expected interface ", kSfvCudaGraphInterface,
            ", found that of another build of sfv; install both anew");
  return f;
}

// What the library says where it fails.
struct Reason {
  std::array<char, 1024> text = {};
  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(text.size()); }
};

class CudaGraph : public RecordedWork {
 public:
  CudaGraph(const GraphLibrary& library, SfvCudaGraph* graph) : library_(library), graph_(graph) {}
  ~CudaGraph() override { library_.close(graph_); }

  void replay() override {
    Reason reason;
    const int failed = library_.replay(graph_, reason.text.data(), reason.size());
    SFV_CHECK(failed == 0, kDevice, "[cuda-graph] ", reason.text.data());
  }

 private:
  GraphLibrary library_;
  SfvCudaGraph* graph_;
};

}  // namespace

WorkRecorder cuda_graph_recorder() {
  return [library = load_library()](const std::function<void()>& run) -> std::unique_ptr<RecordedWork> {
    const auto call = [](void* context) { (*static_cast<const std::function<void()>*>(context))(); };
    Reason reason;
    SfvCudaGraph* const graph =
        library.record(call, const_cast<std::function<void()>*>(&run), reason.text.data(), reason.size());
    SFV_CHECK(graph != nullptr, kDevice, "[cuda-graph] ", reason.text.data());
    return std::make_unique<CudaGraph>(library, graph);
  };
}

}  // namespace sfv
