#include "sfv/distributed/mpi_ranks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/side_library.h"
#include "sfv/distributed/mpi_calls.h"

namespace sfv::distributed {
namespace {

constexpr const char* kFileName = "libsfv_mpi.so";
constexpr int64_t kMaxTextBytes = int64_t{1} << 24;  // of a rank; gather() is for reports and names

struct MpiLibrary {
  decltype(&sfv_mpi_open) open = nullptr;
  decltype(&sfv_mpi_close) close = nullptr;
  decltype(&sfv_mpi_sum) sum = nullptr;
  decltype(&sfv_mpi_broadcast) broadcast = nullptr;
  decltype(&sfv_mpi_gather) gather = nullptr;
  decltype(&sfv_mpi_barrier) barrier = nullptr;
  decltype(&sfv_mpi_end_all) end_all = nullptr;
  decltype(&sfv_mpi_error_text) error_text = nullptr;
};

MpiLibrary load_library(const std::string& launcher) {
  // RTLD_GLOBAL: Open MPI opens plug-ins that look for its symbols among the global ones. Never closed: MPI
  // cannot be started twice in a process.
  const SideLibrary file = open_side_library(kFileName, SymbolScope::kGlobal);
  void* const library = file.handle;
  if (library == nullptr) {
    throw Error(ErrorCode::kUnsupported,
                concat("[ranks] ", launcher, " started several processes, but MPI's part of sfv, ", kFileName,
                       ", cannot be loaded (", file.reason,
                       "); build sfv where an MPI is installed (libopenmpi-dev), or start with torchrun"));
  }
  MpiLibrary f;
  const bool fits =
      has_interface(library, "sfv_mpi_interface", kSfvMpiInterface) &&
      find_functions(library, "sfv_mpi_open", f.open, "sfv_mpi_close", f.close, "sfv_mpi_sum", f.sum,
                     "sfv_mpi_broadcast", f.broadcast, "sfv_mpi_gather", f.gather, "sfv_mpi_barrier",
                     f.barrier, "sfv_mpi_end_all", f.end_all, "sfv_mpi_error_text", f.error_text);
  SFV_CHECK(fits, kUnsupported, "[ranks] ", kFileName, ": expected interface ", kSfvMpiInterface,
            ", found that of another build of sfv; install both anew");
  return f;
}

int type_of(const torch::Tensor& tensor) {
  if (tensor.scalar_type() == at::kFloat) return kSfvMpiFloat;
  return tensor.scalar_type() == at::kDouble ? kSfvMpiDouble : kSfvMpiInt64;
}

class MpiRanks : public Ranks {
 public:
  MpiRanks(const MpiLibrary& library, RankPlace place) : Ranks(place), library_(library) {}
  ~MpiRanks() override { library_.close(); }

  [[nodiscard]] std::string backend() const override { return "MPI"; }

  void sum(torch::Tensor& tensor) override {
    check_summable(tensor);
    check_on_cpu(tensor);
    check(library_.sum(tensor.mutable_data_ptr(), tensor.numel(), type_of(tensor)), "summing over the ranks");
  }

  void broadcast(torch::Tensor& tensor, int64_t from) override {
    check_sendable(tensor);
    check_on_cpu(tensor);
    SFV_CHECK(from >= 0 && from < size(), kInvalidArgument, "[ranks] there is no rank ", from, " of ",
              size());
    check(library_.broadcast(tensor.mutable_data_ptr(), static_cast<int64_t>(tensor.nbytes()),
                             static_cast<int>(from)),
          "sending to the other ranks");
  }

  std::vector<std::string> gather(const std::string& own) override {
    // Lengths first: each message of the second call has that of the longest.
    const auto length = static_cast<int64_t>(own.size());
    std::vector<int64_t> lengths(static_cast<size_t>(size()));
    check(library_.gather(&length, sizeof length, lengths.data()), "gathering from the ranks");
    const int64_t longest = *std::max_element(lengths.begin(), lengths.end());
    // All ranks see the same lengths, so all of them end here or none.
    SFV_CHECK(longest <= kMaxTextBytes, kInvalidArgument, "[ranks] expected at most ", kMaxTextBytes,
              " bytes of each rank, got ", longest);
    std::string padded = own;
    padded.resize(static_cast<size_t>(longest));
    std::string all(static_cast<size_t>(longest * size()), '\0');
    check(library_.gather(padded.data(), longest, all.data()), "gathering from the ranks");
    std::vector<std::string> texts;
    for (size_t r = 0; r < lengths.size(); ++r)
      texts.push_back(all.substr(r * static_cast<size_t>(longest), static_cast<size_t>(lengths[r])));
    return texts;
  }

  void barrier() override { check(library_.barrier(), "waiting for the ranks"); }

  void end_all(int status) noexcept override { library_.end_all(status); }

 private:
  void check(int error, const char* what) const {
    SFV_CHECK(error == 0, kIo, "[ranks] ", what, " failed: ", library_.error_text(error));
  }
  static void check_on_cpu(const torch::Tensor& tensor) {
    SFV_CHECK(tensor.is_cpu(), kInternal, "[ranks] MPI was given a tensor on ", tensor.device());
  }

  MpiLibrary library_;
};

}  // namespace

std::unique_ptr<Ranks> open_mpi_ranks(int64_t size, const std::string& launcher) {
  const MpiLibrary library = load_library(launcher);
  SfvMpiPlace place = {};
  const int error = library.open(&place);
  SFV_CHECK(error == 0, kIo, "[ranks] MPI does not start: ", library.error_text(error));
  auto ranks = std::make_unique<MpiRanks>(
      library, RankPlace{place.rank, place.size, place.local_rank, place.local_size});
  SFV_CHECK(place.size == size, kUnsupported, "[ranks] ", launcher, " started ", size,
            " processes, but the MPI that sfv was built with sees ", place.size,
            ": use the mpirun of that MPI, with srun the --mpi=pmix or --mpi=pmi2 that fits it, or torchrun");
  return ranks;
}

}  // namespace sfv::distributed
