#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sfv/core/cancel.h"
#include "sfv/core/progress.h"
#include "sfv/core/rgb_image.h"

namespace sfv {

enum class SamplerKind {
  kOneStep,  // SF-V: one evaluation of the denoiser at sigma_max, no guidance
  kEuler,    // diffusers' EulerDiscreteScheduler: Karras sigmas, v-prediction, frame-wise guidance
  kLcm,      // AnimateLCM-SVD's scheduler
};

/// How a photo of another aspect ratio becomes width x height.
enum class Fit {
  kCrop,     // cover, then cut the centre; both image branches see the result (the paper's samples)
  kPad,      // contain, black borders; both image branches see the result
  kStretch,  // diffusers' way: the VAE sees the stretched photo, CLIP the original
};

enum class DecoderKind { kVae, kTiny };

/// Classifier-free guidance weights, linear over the frames from min to max. 1:1 means none.
struct GuidanceRange {
  double min = 1;
  double max = 3;
};

/// The names used on the command line, in sfv.json and in clips: "one-step", "euler", "lcm"; "crop", "pad",
/// "stretch"; "vae", "tiny".
[[nodiscard]] std::string_view to_string(SamplerKind kind);
[[nodiscard]] std::string_view to_string(Fit fit);
[[nodiscard]] std::string_view to_string(DecoderKind kind);
/// Errors: kInvalidArgument naming the allowed words.
[[nodiscard]] SamplerKind parse_sampler(std::string_view text);
[[nodiscard]] Fit parse_fit(std::string_view text);
[[nodiscard]] DecoderKind parse_decoder(std::string_view text);

/// Settings that may come from the caller, from the model's sfv.json, or from diffusers' defaults, in this
/// order.
struct GenerateOptions {
  std::optional<SamplerKind> sampler;
  std::optional<int64_t> steps;  // denoiser evaluations, >= 1
  std::optional<GuidanceRange> guidance;
  std::vector<double> sigmas;     // euler only: noise levels, falling, ending in 0; replaces steps
  std::optional<int64_t> width;   // pixels, divisible by 8
  std::optional<int64_t> height;  // pixels, divisible by 8
  std::optional<int64_t> frames;  // >= 1
  std::optional<int64_t> fps;  // frames per second of the clip; the network is told fps - 1, as in diffusers
  std::optional<double> motion;     // motion_bucket_id: 127 is SVD's usual, more moves more
  std::optional<double> noise_aug;  // strength of the noise on the condition image, >= 0
  std::optional<Fit> fit;
  DecoderKind decoder = DecoderKind::kVae;
  std::optional<int64_t> decode_chunk;  // frames a decoder call, diffusers' semantics; empty: the whole clip
  uint64_t seed = 0;
};

/// GenerateOptions with every default filled in: what a clip was made with.
struct GenerateSettings {
  SamplerKind sampler = SamplerKind::kEuler;
  int64_t steps = 25;
  GuidanceRange guidance;
  std::vector<double> sigmas;  // as asked for; empty: the sampler's own schedule
  int64_t width = 1024;
  int64_t height = 576;
  int64_t frames = 14;
  int64_t fps = 7;
  double motion = 127;
  double noise_aug = 0.02;
  Fit fit = Fit::kCrop;
  DecoderKind decoder = DecoderKind::kVae;
  int64_t decode_chunk = 14;
  uint64_t seed = 0;
};

/// The settings for `options`, taking what the caller left open from `model` (sfv.json) and then from
/// diffusers. A sampler chosen by the caller brings its own steps and guidance: lcm 4 steps at 1:1, one-step
/// 1 step at 1:1, euler 25 at 1:3, unless that sampler is also the model's own. num_frames: the UNet
/// config's. Errors: kInvalidArgument naming the option, its range and the value.
[[nodiscard]] GenerateSettings resolve_settings(const GenerateOptions& options, const GenerateOptions& model,
                                                int64_t num_frames);

struct GenerateResult {
  Clip clip;
  GenerateSettings settings;
  double motion = 0;  // mean absolute difference of consecutive frames, in 8-bit levels
};

/// Anything that turns a photo into a clip: the pipeline, and stand-ins in tests of the server.
/// Not thread-safe: one call at a time.
class VideoGenerator {
 public:
  virtual ~VideoGenerator() = default;
  /// sink and cancel may be null. Errors: kInvalidArgument, kNotFinite, kCancelled, kOutOfMemory.
  [[nodiscard]] virtual GenerateResult generate(const RgbImage& image, const GenerateOptions& options,
                                                ProgressSink* sink, const CancelToken* cancel) = 0;
};

}  // namespace sfv
