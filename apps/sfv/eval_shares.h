#pragma once

#include <vector>

#include "sfv/distributed/ranks.h"
#include "sfv/evaluation/clip_features.h"

namespace sfv::cli {

/// The parts in order as one: features under each other, dropped clips, the protocol of the first part that
/// has features with the numbers of all. Errors: kInvalidArgument for parts with clips of different sizes.
[[nodiscard]] evaluation::ClipFeatures join_features(const std::vector<evaluation::ClipFeatures>& parts);

/// What each rank measured, joined in the order of the ranks; on every rank. All ranks call it.
[[nodiscard]] evaluation::ClipFeatures gather_features(distributed::Ranks& ranks,
                                                       const evaluation::ClipFeatures& own);

/// What each rank dropped, in the order of the ranks; on every rank. All ranks call it.
[[nodiscard]] std::vector<evaluation::DroppedClip> gather_dropped(
    distributed::Ranks& ranks, const std::vector<evaluation::DroppedClip>& own);

}  // namespace sfv::cli
