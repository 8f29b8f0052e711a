#include "sfv/evaluation/video_features.h"

#include "sfv/core/check.h"

namespace sfv::evaluation {

void check_feature_input(const VideoFeatures& features, const torch::Tensor& clips) {
  const std::string& name = features.identity().network;
  SFV_CHECK(clips.dim() == 5 && clips.size(2) == 3 && clips.scalar_type() == at::kFloat && clips.numel() > 0,
            kInvalidArgument, "[features] ", name, ": expected float32 clips [N, T, 3, H, W], got ",
            clips.scalar_type(), " ", clips.sizes());
  SFV_CHECK(clips.size(1) >= features.min_frames(), kInvalidArgument, "[features] ", name,
            ": expected clips of at least ", features.min_frames(), " frames, got ", clips.size(1));
}

}  // namespace sfv::evaluation
