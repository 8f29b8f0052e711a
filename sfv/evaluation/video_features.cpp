#include "sfv/evaluation/video_features.h"

#include "sfv/core/check.h"

namespace sfv::evaluation {

void check_frames(const VideoFeatures& features, int64_t frames) {
  SFV_CHECK(frames >= features.min_frames(), kInvalidArgument, "[features] ", features.identity().network,
            ": expected clips of at least ", features.min_frames(), " frames, got ", frames,
            "; give longer clips, or more frames a second");
}

}  // namespace sfv::evaluation
