#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

#include "sfv/core/rgb_image.h"

namespace sfv::pipeline {

/// Brings decoded frames to the CPU as 8-bit pictures, slice by slice. From a GPU they are copied into pinned
/// memory on a stream of their own, beside the decoding of the next slice; on the CPU they are converted at
/// once.
class FrameCopies {
 public:
  FrameCopies();
  ~FrameCopies();
  FrameCopies(const FrameCopies&) = delete;
  FrameCopies& operator=(const FrameCopies&) = delete;

  /// The next frames: [n, 3, H, W] float32, -1..1; they are clamped and rounded half to even.
  void add(const torch::Tensor& frames);

  /// All of them, when the copies are there.
  [[nodiscard]] Clip finish(double fps);

 private:
  struct CopyStream;
  torch::Tensor copied(const torch::Tensor& levels);

  std::unique_ptr<CopyStream> stream_;  // of the GPU, from its first slice on
  std::vector<torch::Tensor> levels_;   // where they were made; alive until they are copied
  std::vector<torch::Tensor> copies_;   // uint8 [n, H, W, 3] on the CPU
};

}  // namespace sfv::pipeline
