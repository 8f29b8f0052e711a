#include "sfv/distributed/nccl_ranks.h"

#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <exception>

#include "sfv/core/check.h"
#include "sfv/distributed/nccl_library.h"

namespace sfv::distributed {
namespace {

// The cudaStream_t that work of this thread is queued on.
void* current_stream(const torch::Device& device) {
  const auto stream = c10::impl::VirtualGuardImpl(torch::kCUDA).getStream(device);
  if constexpr (requires { stream.native_handle(); }) {
    return stream.native_handle();
  } else {
    SFV_CHECK(stream.id() == 0, kUnsupported,
              "[ranks] this libtorch does not tell its CUDA streams; use libtorch 2.9 or later");
    return nullptr;
  }
}

int type_of(const torch::Tensor& tensor) {
  if (tensor.scalar_type() == at::kFloat) return kNcclFloat;
  return tensor.scalar_type() == at::kDouble ? kNcclDouble : kNcclInt64;
}

class NcclRanks : public Ranks {
 public:
  NcclRanks(Ranks& inner, const torch::Device& device)
      : Ranks(inner.place()), inner_(inner), device_(device), library_(load_nccl()) {
    const c10::DeviceGuard guard(device_);
    NcclUniqueId id = {};
    if (rank() == 0) check(library_.get_unique_id(&id), "making the job's id");
    const std::string sent = inner_.gather(std::string(id.bytes.data(), id.bytes.size())).front();
    std::copy(sent.begin(), sent.end(), id.bytes.begin());
    check(library_.init_rank(&comm_, static_cast<int>(size()), id, static_cast<int>(rank())),
          "connecting the GPUs");
  }
  ~NcclRanks() override {
    if (comm_ == nullptr) return;
    // While an error passes, kernels may wait for other ranks: destroying would wait for them.
    std::uncaught_exceptions() > 0 ? library_.abort_comm(comm_) : library_.destroy(comm_);
  }

  [[nodiscard]] std::string backend() const override { return inner_.backend() + " and NCCL"; }

  void sum(torch::Tensor& tensor) override {
    if (tensor.is_cpu()) return inner_.sum(tensor);
    check_summable(tensor);
    void* data = tensor.mutable_data_ptr();
    const c10::DeviceGuard guard(device_);
    check(library_.all_reduce(data, data, static_cast<size_t>(tensor.numel()), type_of(tensor), kNcclSum,
                              comm_, current_stream(device_)),
          "summing over the GPUs");
  }

  void broadcast(torch::Tensor& tensor, int64_t from) override {
    if (tensor.is_cpu()) return inner_.broadcast(tensor, from);
    check_sendable(tensor);
    SFV_CHECK(from >= 0 && from < size(), kInvalidArgument, "[ranks] there is no rank ", from, " of ",
              size());
    void* data = tensor.mutable_data_ptr();
    const c10::DeviceGuard guard(device_);
    check(library_.broadcast(data, data, tensor.nbytes(), kNcclInt8, static_cast<int>(from), comm_,
                             current_stream(device_)),
          "sending to the other GPUs");
  }

  std::vector<std::string> gather(const std::string& own) override { return inner_.gather(own); }
  void barrier() override { inner_.barrier(); }

  void end_all(int status) noexcept override { inner_.end_all(status); }

 private:
  void check(int error, const char* what) const {
    SFV_CHECK(error == 0, kDevice, "[ranks] ", what, " failed: ", library_.error_text(error));
  }

  Ranks& inner_;
  torch::Device device_;
  NcclLibrary library_;
  void* comm_ = nullptr;
};

}  // namespace

std::unique_ptr<Ranks> with_nccl(Ranks& inner, const torch::Device& device) {
  SFV_CHECK(device.is_cuda() && device.has_index(), kInvalidArgument,
            "[ranks] expected a GPU with its number, got ", device);
  return std::make_unique<NcclRanks>(inner, device);
}

}  // namespace sfv::distributed
