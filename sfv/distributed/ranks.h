#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sfv::distributed {

/// Where a process stands among those of a job.
struct RankPlace {
  int64_t rank = 0;        // 0 .. size - 1
  int64_t size = 1;        // of the whole job
  int64_t local_rank = 0;  // among those of this machine
  int64_t local_size = 1;

  [[nodiscard]] bool operator==(const RankPlace&) const = default;
};

/// The processes of a job, seen from one of them. Every call but end_all() is made by all ranks, in the same
/// order, with tensors of one shape and type, and returns when this rank's part is done; on a GPU, when it is
/// queued on the current stream. For one thread at a time. Errors: kIo naming what failed.
class Ranks {
 public:
  explicit Ranks(RankPlace place) : place_(place) {}
  virtual ~Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  [[nodiscard]] const RankPlace& place() const { return place_; }
  [[nodiscard]] int64_t rank() const { return place_.rank; }
  [[nodiscard]] int64_t size() const { return place_.size; }
  /// What carries the messages, for a person: "MPI", "TCPStore", "MPI and NCCL".
  [[nodiscard]] virtual std::string backend() const = 0;

  /// The sum over all ranks in place, the same bytes on each and each time. tensor: contiguous; float32,
  /// float64 or int64. Errors: kInvalidArgument for others.
  virtual void sum(torch::Tensor& tensor) = 0;
  /// The values that rank `from` has. tensor: contiguous.
  virtual void broadcast(torch::Tensor& tensor, int64_t from) = 0;
  /// What each rank gave, by rank; any bytes.
  [[nodiscard]] virtual std::vector<std::string> gather(const std::string& own) = 0;
  virtual void barrier() = 0;

  /// Ends the processes of the whole job, this one among them, with an exit status: where the others would
  /// wait for a rank that fails. Returns where the launcher does that itself once this process has ended.
  virtual void end_all(int /*status*/) noexcept {}

 private:
  RankPlace place_;
};

/// One process on its own.
class SingleRank : public Ranks {
 public:
  SingleRank() : Ranks({}) {}

  [[nodiscard]] std::string backend() const override { return "none"; }
  void sum(torch::Tensor& tensor) override;
  void broadcast(torch::Tensor& tensor, int64_t from) override;
  [[nodiscard]] std::vector<std::string> gather(const std::string& own) override { return {own}; }
  void barrier() override {}
};

/// What sum() and broadcast() ask of a tensor. Errors: kInvalidArgument.
void check_summable(const torch::Tensor& tensor);
void check_sendable(const torch::Tensor& tensor);

}  // namespace sfv::distributed
