#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sfv/core/generate_options.h"

namespace sfv::cli {

/// How a clip was made: what is stored in the file, printed by `sfv info` and followed by `sfv repeat`.
struct ClipRecord {
  std::string version;                // of sfv
  std::string image_path;             // absolute
  std::string image_sha256;           // of the photo's file
  std::string model;                  // absolute path, or org/name
  std::string model_hash;             // quick hash of the model
  std::string unet;                   // --unet, absolute; empty: the model's own
  std::vector<std::string> tiny_vae;  // --tiny-vae, absolute
  std::string device;                 // "cpu", "cuda:0"
  std::string dtype;                  // "fp32", "bf16", "fp16": the networks computed in it
  int threads = 0;                    // CPU threads: sums are rounded in an order that depends on them
  std::string libtorch;               // its version
  GenerateSettings settings;
  int64_t chain = 1;       // clips joined into this one
  std::string noise_path;  // --noise, absolute; empty: from the seed
  std::string noise_sha256;
  int crf = 18;       // of mp4 and webm
  double motion = 0;  // mean absolute difference of consecutive frames, in 8-bit levels
};

/// As JSON, indented by 2, keys as in docs/cli.md.
[[nodiscard]] std::string to_json(const ClipRecord& record);

/// Reads what to_json wrote; keys it does not know are ignored, so that a later version's clips can be read.
/// name: the clip, for messages. Errors: kInvalidFile for broken JSON, a missing key, another type or value.
[[nodiscard]] ClipRecord parse_record(const std::string& json, const std::string& name);

/// Options that ask for exactly these settings, whatever the model's own defaults are.
[[nodiscard]] GenerateOptions as_options(const GenerateSettings& settings);

}  // namespace sfv::cli
