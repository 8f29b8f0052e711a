#pragma once

#include <cstdint>
#include <string>

#include "apps/sfv/engine.h"
#include "apps/sfv/progress_display.h"

namespace sfv::cli {

/// The part of the display's whole that a piece of work fills.
struct ProgressSpan {
  double begin = 0;
  double end = 1;
};

/// `parts` clips of F frames joined into one: the last frame of each is the photo of the next and appears
/// once, so the result has parts * (F - 1) + 1 frames. Part p (from 0) draws its noise from options.seed + p,
/// since the same noise would repeat the same motion. Research files go with one part only. Errors:
/// kInvalidArgument for parts over 1 with a single frame or with research files; those of the engine.
[[nodiscard]] GenerateResult make_chain(Engine& engine, const RgbImage& photo, const GenerateOptions& options,
                                        int64_t parts, const ResearchFiles& files, ProgressDisplay& display,
                                        const std::string& label, ProgressSpan span,
                                        const CancelToken& cancel);

}  // namespace sfv::cli
