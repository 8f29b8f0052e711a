#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "sfv/evaluation/video_features.h"

namespace sfv::evaluation {

/// Any network that someone saved as TorchScript. How it is called is told from its forward():
///   forward(x, rescale, resize, return_features)  StyleGAN-V's i3d_torchscript.pt: x [N, 3, T, H, W] in
///                                                 0..255, all three True; at least 10 frames
///   forward(x)                                    x [N, 3, T, H, W] in -1..1, of the clips' own size; what
///                                                 else it needs (VideoMAE: 224x224, mean and deviation) the
///                                                 module does itself
/// It must return [N, D] (further sizes of 1 are taken away). Running the file runs what its author wrote.
class TorchScriptFeatures : public VideoFeatures {
 public:
  /// Errors: kNotFound; kInvalidFile for anything but TorchScript with such a forward().
  explicit TorchScriptFeatures(const std::filesystem::path& file);
  ~TorchScriptFeatures() override;

  [[nodiscard]] const FeatureIdentity& identity() const override { return identity_; }
  [[nodiscard]] int64_t min_frames() const override { return min_frames_; }
  [[nodiscard]] torch::Tensor prepare(const torch::Tensor& clip) const override;  // [3, T, H, W]
  /// Errors: also kInvalidFile where the module throws or returns something else.
  [[nodiscard]] torch::Tensor compute(const torch::Tensor& prepared) override;

 private:
  struct Module;  // libtorch's, whose headers stay in one source
  std::unique_ptr<Module> module_;
  FeatureIdentity identity_;
  int64_t min_frames_ = 1;
  bool is_stylegan_v_ = false;
};

}  // namespace sfv::evaluation
