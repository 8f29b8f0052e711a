#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "sfv/core/rgb_image.h"
#include "sfv/training/metrics_log.h"

namespace sfv::training {

/// Clips that show how a run stands, in one picture and in one clip.
struct SamplePictures {
  RgbImage sheet;  // some frames of each clip, a row for each
  Clip grid;       // all clips, playing side by side
};

/// Writes RUN/samples/step-N.png and step-N.mp4, in place of older ones, and the sheet into the event file.
/// tell: hears why there is no clip where this build of FFmpeg has no encoder for it. In a build without
/// image libraries nothing is written. Errors: kPermission, kNoSpace, kIo.
void write_samples(const std::filesystem::path& run, int64_t step, const SamplePictures& samples,
                   MetricsLog& log, const std::function<void(const std::string&)>& tell);

}  // namespace sfv::training
