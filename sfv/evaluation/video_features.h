#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace sfv::evaluation {

/// What must be said of a feature network beside every number that comes from it.
struct FeatureIdentity {
  std::string network;  // "reference", "i3d", a file's name
  std::string sha256;   // of its weights
  std::string layer;    // which numbers are taken
  std::string input;    // what is done to a clip before the network sees it
};

/// A network that sums up a clip in D numbers. Not thread-safe.
class VideoFeatures {
 public:
  virtual ~VideoFeatures() = default;

  [[nodiscard]] virtual const FeatureIdentity& identity() const = 0;
  /// D.
  [[nodiscard]] virtual int64_t dimensions() const = 0;
  /// Shorter clips are refused.
  [[nodiscard]] virtual int64_t min_frames() const = 0;
  /// clips: [N, T, 3, H, W], float32, -1..1, on the CPU. Returns [N, D], float64, on the CPU; a clip's
  /// numbers do not depend on its neighbours but for rounding. Errors: kInvalidArgument for another shape or
  /// too few frames; kNotFinite.
  [[nodiscard]] virtual torch::Tensor compute(const torch::Tensor& clips) = 0;
};

/// Errors: kInvalidArgument, naming the network, unless clips is [N, T, 3, H, W] with enough frames.
void check_feature_input(const VideoFeatures& features, const torch::Tensor& clips);

}  // namespace sfv::evaluation
