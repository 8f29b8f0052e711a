#pragma once

#include <string>

#include "apps/sfv/train_run.h"

namespace sfv::cli {

/// What `sfv train --dry-run` prints: weights, optimiser state, gradients, averages, activations and peak
/// memory of the request's recipe, and how long an iteration takes. Reads the model's configs alone, and for
/// a published model that is not there the published ones; writes nothing. A device that this machine lacks
/// is planned, not timed. Errors: those of recipe, configs and stage.
[[nodiscard]] std::string plan_text(const TrainRequest& request);

}  // namespace sfv::cli
