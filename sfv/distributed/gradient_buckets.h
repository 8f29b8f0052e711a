#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "sfv/distributed/ranks.h"

namespace sfv::distributed {

/// Takes the mean of gradients over the ranks while the backward pass still makes others. Gradients are
/// packed into buckets in a fixed order, from the last parameter to the first, as the pass comes by them;
/// between begin() and finish() a thread of its own sends a bucket as soon as all of it has come and those
/// before are sent. So what is added up, and in which order, is the same on every rank and in every run.
/// Source: PyTorch DDP (Li et al. 2020, 2006.15704), section 3.2.
class GradientBuckets {
 public:
  static constexpr int64_t kBucketBytes = int64_t{25} << 20;  // DDP's

  /// parameters: leaves that want gradients, float32 or float64, the same on each rank; a larger one than
  /// bucket_bytes has a bucket of its own. Sets the hook of each parameter that hears of its gradient; the
  /// destructor takes it away. ranks: borrowed; nobody else may use it between begin() and finish().
  GradientBuckets(Ranks& ranks, std::vector<torch::Tensor> parameters, int64_t bucket_bytes = kBucketBytes);
  ~GradientBuckets();
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  /// Before the last backward pass of a step; what gradients hold from earlier ones counts too.
  void begin();
  /// After it. Every gradient is then the mean over the ranks, where a rank without one counts as 0; a
  /// parameter that has none on any rank still has none. Errors: those of Ranks; kInternal if a gradient came
  /// twice, that is by more than one backward pass.
  void finish();

  [[nodiscard]] int64_t buckets() const;

 private:
  class Exchange;
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace sfv::distributed
