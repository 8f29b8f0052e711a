#pragma once

#include <cstdint>
#include <string>

namespace sfv::training {

enum class DataSource {
  kVideos,    // "videos": a folder of video files, searched in depth
  kFrames,    // "frames": a folder of folders of pictures
  kManifest,  // "manifest": a JSONL file that names clips
  kCache,     // "cache": latents and image embeddings made by `sfv data cache`
  kShapes,    // "shapes": procedural, bouncing shapes whose direction frame 0 hides
  kSnow,      // "snow": procedural, snow falling over the photos of a folder
};

/// Which clips are trained on and how they are cut. Which clips step n sees depends on the recipe's seed and
/// n only.
struct DataOptions {
  DataSource source = DataSource::kVideos;
  std::string path;        // folder or file; relative to the working directory; not for kShapes
  int64_t frames = 14;     // of a clip, 1 to 1024
  double fps = 7;          // frames per second of a clip, whatever the file's rate
  int64_t width = 768;     // pixels, divisible by 8
  int64_t height = 448;    // pixels, divisible by 8
  int64_t scene_side = 0;  // kSnow: the clip is a window of a scene of this size; 0: the whole of it
  bool flip = false;       // mirror half of the clips left to right
  uint64_t seed = 0;       // of procedural clips: clip i of a seed is the same on every machine
  int64_t readers = 2;     // threads that read ahead
  int64_t ahead = 4;       // micro-batches kept ready

  [[nodiscard]] bool operator==(const DataOptions&) const = default;
};

enum class MotionKind {
  kMeasured,  // "measured": each clip's own motion bucket, by the formula of the data folder
  kFixed,     // "fixed": motion_bucket for all
};

enum class ConditionNoiseKind {
  kLogNormal,  // "log-normal": strength exp(noise_mean + noise_std n), drawn for each clip
  kFixed,      // "fixed": strength noise_level
};

/// What the UNet is told beside the picture: fps, motion bucket and the strength of the noise that was added
/// to the condition picture. Not in the autoencoder stage.
struct ConditioningOptions {
  bool fps_minus_one = true;  // tell fps - 1, as SVD was trained and diffusers infers; false: fps
  MotionKind motion = MotionKind::kMeasured;
  double motion_bucket = 127;  // of kFixed, 0 to 1023
  ConditionNoiseKind noise = ConditionNoiseKind::kLogNormal;
  double noise_mean = -3;     // of the logarithm; kLogNormal
  double noise_std = 0.5;     // of the logarithm, >= 0; kLogNormal
  double noise_level = 0.02;  // >= 0; kFixed

  [[nodiscard]] bool operator==(const ConditioningOptions&) const = default;
};

}  // namespace sfv::training
