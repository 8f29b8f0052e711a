#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sfv/core/cancel.h"
#include "sfv/evaluation/clip_reader.h"
#include "sfv/evaluation/feature_file.h"
#include "sfv/evaluation/video_features.h"

namespace sfv::evaluation {

struct FeatureRequest {
  // The clips that this process measures: all, or its share of them.
  std::vector<ClipPlace> places;
  ClipOptions cut = {};
  int64_t clips = 0;    // stop after so many usable ones; 0: all
  int64_t batch = 8;    // clips the network takes at once, >= 1
  int64_t threads = 1;  // that decode and scale beside the network, >= 1
};

struct ClipFeatures {
  FeatureSet set;  // float64, undefined where no clip could be used; the protocol says all of both
  std::vector<DroppedClip> dropped;
};

/// Features of every clip. Clips are decoded and scaled on threads while the network works, and at most a
/// batch and as many again are in memory. on_clip: called after each clip with how many of how many have been
/// passed; may throw. cancel may be null. Errors: kInvalidArgument for clips with fewer frames than the
/// network needs; those of ClipReader and VideoFeatures.
[[nodiscard]] ClipFeatures compute_clip_features(
    VideoFeatures& network, const FeatureRequest& request,
    const std::function<void(int64_t passed, int64_t total)>& on_clip, const CancelToken* cancel);

/// Errors: kInvalidFile, reason "features.no_clips", naming the first dropped clip, where there are no
/// features.
void check_any(const ClipFeatures& features);

}  // namespace sfv::evaluation
