#pragma once

#include <torch/types.h>

#include <filesystem>

#include "sfv/evaluation/video_features.h"
#include "sfv/models/i3d.h"

namespace sfv::evaluation {

/// The features of FVD: I3D's 400 logits of Kinetics, each frame scaled to 224x224 whatever its shape,
/// bilinear without a filter against aliasing, -1..1. That is what StyleGAN-V and cd-fvd compute. Clips of
/// fewer than 10 frames are refused, as is usual. Source: Unterthiner et al. 2018; docs/evaluation.md.
class I3dFeatures : public VideoFeatures {
 public:
  /// weights: a safetensors file or PyTorch state dict under the names of the PyTorch port. Errors:
  /// kInvalidFile naming what is missing or unexpected; those of checkpoint::open_tensor_file.
  explicit I3dFeatures(const std::filesystem::path& weights);

  [[nodiscard]] const FeatureIdentity& identity() const override { return identity_; }
  [[nodiscard]] int64_t min_frames() const override { return 10; }
  [[nodiscard]] torch::Tensor prepare(const torch::Tensor& clip) const override;  // [3, T, 224, 224]
  [[nodiscard]] torch::Tensor compute(const torch::Tensor& prepared) override;    // [N, 3, T, 224, 224]

 private:
  models::InceptionI3d network_;
  FeatureIdentity identity_;
};

}  // namespace sfv::evaluation
