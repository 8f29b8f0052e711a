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

/// A network that sums up a clip in D numbers, in two steps, so that the first can run beside the second.
class VideoFeatures {
 public:
  virtual ~VideoFeatures() = default;

  [[nodiscard]] virtual const FeatureIdentity& identity() const = 0;
  /// Shorter clips are refused.
  [[nodiscard]] virtual int64_t min_frames() const = 0;
  /// What the network is to see of a clip: scaled and laid out as it wants it, a clip's share of what
  /// compute() takes. clip: [T, 3, H, W], float32, -1..1, on the CPU, contiguous. May run on any thread, on
  /// several at once, and beside compute().
  [[nodiscard]] virtual torch::Tensor prepare(const torch::Tensor& clip) const { return clip; }
  /// prepared: [N, …], N prepared clips stacked. Returns [N, D], float64, on the CPU; a clip's numbers do not
  /// depend on its neighbours but for rounding. One call at a time. Errors: kInvalidArgument for another
  /// shape or too few frames; kNotFinite.
  [[nodiscard]] virtual torch::Tensor compute(const torch::Tensor& prepared) = 0;
};

/// Errors: kInvalidArgument, naming the network, unless a clip has as many frames as the network needs.
void check_frames(const VideoFeatures& features, int64_t frames);

}  // namespace sfv::evaluation
