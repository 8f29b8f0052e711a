#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/sfv/engine.h"
#include "apps/sfv/eval_feature_options.h"
#include "sfv/evaluation/clip_places.h"
#include "sfv/evaluation/clip_reader.h"

namespace sfv::cli {

class ProgressDisplay;

/// One row's clips: which real clips they begin like, how they are made, and what of them is scored.
struct ProtocolClips {
  const std::vector<evaluation::ClipPlace>* places = nullptr;  // real clips, in order; borrowed
  evaluation::ClipOptions scored;  // frames, fps and size of what is compared, on both sides
  GenerateOptions generate;        // seed: of the first clip; clip i has seed + i
  int64_t clips = 0;               // the first so many usable real clips; 0: all
};

/// What making them took.
struct ProtocolTimes {
  double unet_seconds = 0;     // median over the clips: all evaluations of one clip
  double request_seconds = 0;  // median: photo to frames, with both encoders and the decoder
  int64_t clips = 0;
};

/// Makes every clip that is not in the folder yet: the first frame of the real clip is the condition, the
/// first scored.frames frames of the result are scaled to the scored size (Lanczos, stretched) and written
/// without loss as clip-NNNNNN.mkv, NNNNNN being the real clip's place; a file beside it keeps the seconds.
/// A clip is there whole or not at all, so that whoever is stopped loses one. Real clips that are broken or
/// too short to be scored are passed over and named. Each rank makes a block of the clips, and all are there
/// when it returns. Errors: those of the engine and of writing; kCancelled.
[[nodiscard]] std::vector<evaluation::DroppedClip> make_protocol_clips(const ProtocolClips& request,
                                                                       Engine& engine,
                                                                       const std::filesystem::path& folder,
                                                                       ProgressDisplay& display,
                                                                       const EvalJob& job);

/// The folder's finished clips, in order.
[[nodiscard]] std::vector<std::string> list_protocol_clips(const std::filesystem::path& folder);

/// Of those clips. Errors: kInvalidFile for a file of seconds that was changed.
[[nodiscard]] ProtocolTimes read_protocol_times(const std::filesystem::path& folder);

}  // namespace sfv::cli
