#pragma once

#include <barrier>
#include <cstdint>
#include <thread>
#include <vector>

namespace sfv::ops::cuda {

/// A block of a kernel as the CPU has it: every thread of the block is a thread, sync() is a barrier. The
/// Block of sfv/ops/cuda/group_norm_steps.h.
class CpuBlock {
 public:
  CpuBlock(int64_t index, int thread, int threads, std::barrier<>& barrier)
      : index_(index), thread_(thread), threads_(threads), barrier_(&barrier) {}
  int64_t index() const { return index_; }
  int thread() const { return thread_; }
  int threads() const { return threads_; }
  void sync() const { barrier_->arrive_and_wait(); }

 private:
  int64_t index_;
  int thread_, threads_;
  std::barrier<>* barrier_;
};

/// body(block) by `threads` threads for each of `blocks` blocks, one block after the other.
template <typename Body>
void launch_on_cpu(int64_t blocks, int threads, Body&& body) {
  std::barrier barrier(threads);
  std::vector<std::thread> team;
  for (int thread = 0; thread < threads; ++thread) {
    team.emplace_back([&, thread] {
      for (int64_t index = 0; index < blocks; ++index) {
        body(CpuBlock(index, thread, threads, barrier));
        barrier.arrive_and_wait();  // shared memory belongs to the next block now
      }
    });
  }
  for (std::thread& member : team) member.join();
}

}  // namespace sfv::ops::cuda
