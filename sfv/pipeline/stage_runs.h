#pragma once

#include <functional>

#include "sfv/checkpoint/model.h"
#include "sfv/core/generate_options.h"

namespace sfv::pipeline {

/// What a request runs of each network, on tensors that have shapes but no data: for counting operations and
/// memory without computing anything.
struct StageRuns {
  std::function<void()> image_encoder;
  std::function<void()> vae_encoder;
  std::function<void()> unet;     // one evaluation at batch 1
  std::function<void()> decoder;  // the whole clip
};

/// blank: on the meta device (checkpoint/networks.h); must outlive the runs. Its dtype and memory mode are
/// those that are asked about.
[[nodiscard]] StageRuns make_stage_runs(checkpoint::Model& blank, const GenerateSettings& settings);

/// The operations (core/work.h) that it reports while it runs.
[[nodiscard]] double operations_of(const std::function<void()>& run);

}  // namespace sfv::pipeline
