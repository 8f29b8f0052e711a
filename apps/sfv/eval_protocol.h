#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/sfv/engine.h"
#include "apps/sfv/eval_distance.h"
#include "apps/sfv/eval_feature_options.h"

namespace sfv::cli {

/// SF-V's evaluation on UCF-101 and what may be changed of it. Source: SF-V section 4.1 and Table 1;
/// docs/evaluation.md says what the paper leaves open and what is chosen here.
struct ProtocolRequest {
  std::string data;                 // real clips, as of ClipReader
  std::vector<std::string> models;  // [LABEL=]MODEL[@STEPS[:SAMPLER[:GUIDANCE]]]
  std::string out;                  // folder: a folder of clips for each row, features, protocol.json
  GenerateOptions generate;         // for all rows; a row's own steps and sampler go before
  EngineOptions engine;             // its model is not looked at
  int64_t score_frames = 14;        // the first so many are compared
  int64_t score_width = 320;        // pixels, to which both sides are scaled
  int64_t score_height = 240;
  int64_t clips = 0;  // real clips whose first frames are animated; as many others are for the floor; 0: all
  FeatureOptions features = {.network = "i3d"};
  DistanceOptions distance = {.resamples = 200};
};

/// Makes what is missing and measures everything: {protocol, rows}, also written to out/protocol.json. What
/// was made and measured before with the same model, settings and real clips is taken from the folder. Ranks
/// share the clips and the features; all need to see the folder, and each has a model of its own.
/// Errors: those of models, data and features; kCancelled.
[[nodiscard]] nlohmann::ordered_json run_protocol(const ProtocolRequest& request, const EvalJob& job);

}  // namespace sfv::cli
