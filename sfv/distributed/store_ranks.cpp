#include "sfv/distributed/store_ranks.h"

#include <ATen/ops/from_blob.h>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::distributed {
namespace {

using namespace std::chrono_literals;

// A rank may wait while another writes a checkpoint or samples.
constexpr std::chrono::seconds kPatience = 30min;
constexpr std::chrono::seconds kLook = 2s;     // how often a waiting rank looks whether another has failed
constexpr int64_t kPart = int64_t{4} << 20;    // bytes; the store takes values of up to 8 MiB
constexpr const char* kFailed = "sfv/failed";  // holds the rank that failed first
constexpr const char* kLeft = "sfv/left/";     // and the rank: it needs the store no longer

using Bytes = std::vector<uint8_t>;

std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

class StoreRanks : public Ranks {
 public:
  StoreRanks(RankPlace place, c10::intrusive_ptr<c10d::TCPStore> store, bool holds_store)
      : Ranks(place), store_(std::move(store)), holds_store_(holds_store) {}
  ~StoreRanks() override {
    try {
      leave();
    } catch (const std::exception&) {
      // The work is done or lost by now; nobody is left to hear of it.
    }
  }

  [[nodiscard]] std::string backend() const override { return "TCPStore"; }

  void sum(torch::Tensor& tensor) override {
    check_summable(tensor);
    for (auto& part : parts_of(tensor)) {
      const std::vector<Bytes> all = exchange(bytes_of(part));
      // By rank, so that every rank rounds alike.
      for (size_t r = 0; r < all.size(); ++r) {
        Bytes values = all[r];
        const torch::Tensor other = at::from_blob(values.data(), part.sizes(), part.options());
        r == 0 ? part.copy_(other) : part.add_(other);
      }
    }
  }

  void broadcast(torch::Tensor& tensor, int64_t from) override {
    check_sendable(tensor);
    SFV_CHECK(from >= 0 && from < size(), kInvalidArgument, "[ranks] there is no rank ", from, " of ",
              size());
    for (auto& part : parts_of(tensor)) {
      const std::vector<Bytes> all = exchange(from == rank() ? bytes_of(part) : Bytes{});
      const Bytes& values = all[static_cast<size_t>(from)];
      SFV_CHECK(values.size() == part.nbytes(), kIo, "[ranks] expected ", part.nbytes(), " bytes of rank ",
                from, ", got ", values.size());
      std::memcpy(part.mutable_data_ptr(), values.data(), values.size());
    }
  }

  std::vector<std::string> gather(const std::string& own) override {
    std::vector<std::string> texts;
    for (const Bytes& bytes : exchange({own.begin(), own.end()}))
      texts.emplace_back(bytes.begin(), bytes.end());
    return texts;
  }

  void barrier() override { (void)exchange({}); }

  void end_all(int /*status*/) noexcept override {
    has_failed_ = true;
    try {
      (void)store_->compareSet(kFailed, {}, as_bytes(std::to_string(rank())));
    } catch (const std::exception&) {
      // The store is gone, and with it the job.
    }
  }

 private:
  static Bytes as_bytes(const std::string& text) { return {text.begin(), text.end()}; }

  static Bytes bytes_of(const torch::Tensor& tensor) {
    const auto* data = static_cast<const uint8_t*>(tensor.const_data_ptr());
    return {data, data + tensor.nbytes()};
  }

  // Flat views of at most kPart bytes.
  static std::vector<torch::Tensor> parts_of(torch::Tensor& tensor) {
    SFV_CHECK(tensor.is_cpu(), kInternal, "[ranks] the store was given a tensor on ", tensor.device());
    return tensor.view(-1).split(std::max<int64_t>(kPart / tensor.element_size(), 1));
  }

  [[nodiscard]] std::string key(int64_t call, int64_t r) const { return concat("sfv/", call, "/", r); }

  // What every rank gave to this call.
  std::vector<Bytes> exchange(const Bytes& own) {
    const int64_t call = calls_++;
    std::vector<Bytes> all;
    try {
      // A byte in front: the store takes an absent value for an empty one.
      Bytes marked(own.size() + 1, 1);
      std::copy(own.begin(), own.end(), marked.begin() + 1);
      store_->set(key(call, rank()), marked);
      for (int64_t r = 0; r < size(); ++r) {
        if (r == rank()) {
          all.push_back(own);
          continue;
        }
        await(key(call, r), r);
        const Bytes value = store_->get(key(call, r));
        all.emplace_back(value.begin() + 1, value.end());
      }
      // Who is in this call has read all of the one before.
      if (call > 0) store_->deleteKey(key(call - 1, rank()));
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Error(
          ErrorCode::kIo,
          concat("[ranks] the process that holds the store at MASTER_ADDR has ended: ", first_line(error)));
    }
    return all;
  }

  void await(const std::string& name, int64_t other) {
    const auto begin = std::chrono::steady_clock::now();
    while (!is_there(name)) {
      if (store_->check({kFailed})) {
        const Bytes failed = store_->get(kFailed);
        throw Error(ErrorCode::kIo, concat("[ranks] rank ", std::string(failed.begin(), failed.end()), " of ",
                                           size(), " has failed; its own message says why"));
      }
      SFV_CHECK(std::chrono::steady_clock::now() - begin < kPatience, kIo, "[ranks] rank ", other, " of ",
                size(), " has sent nothing for ", kPatience.count() / 60, " minutes; has it ended?");
    }
  }

  bool is_there(const std::string& name) {
    try {
      store_->wait({name}, kLook);
      return true;
    } catch (const c10::DistStoreError&) {  // not within that time
      return false;
    }
  }

  // The store lives in rank 0's process unless the launcher holds it: it stays until all have left.
  void leave() {
    if (has_failed_) return;
    store_->set(kLeft + std::to_string(rank()), {1});
    if (!holds_store_) return;
    for (int64_t r = 1; r < size(); ++r) await(kLeft + std::to_string(r), r);
  }

  c10::intrusive_ptr<c10d::TCPStore> store_;
  bool holds_store_;
  bool has_failed_ = false;
  int64_t calls_ = 0;
};

}  // namespace

std::unique_ptr<Ranks> open_store_ranks(const Launch& launch) {
  c10d::TCPStoreOptions options;
  options.port = launch.port;
  options.isServer = launch.place.rank == 0 && !launch.has_store;
  options.numWorkers = static_cast<size_t>(launch.place.size);
  options.waitWorkers = false;
  options.timeout = kPatience;
  try {
    auto store = c10::make_intrusive<c10d::TCPStore>(launch.address, options);
    return std::make_unique<StoreRanks>(launch.place, std::move(store), options.isServer);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kIo, concat("[ranks] cannot meet the other ranks at MASTER_ADDR ", launch.address,
                                       ", MASTER_PORT ", launch.port, ": ", first_line(error)));
  }
}

}  // namespace sfv::distributed
