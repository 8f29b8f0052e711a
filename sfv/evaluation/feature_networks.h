#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sfv/evaluation/video_features.h"

namespace sfv::evaluation {

/// network: "reference", "i3d", or a TorchScript file (a name that ends in .pt, .pth or .ts). weights: I3D's;
/// empty for the others. Errors: kInvalidArgument listing what there is, for weights that are missing or not
/// wanted; those of the network's own class.
[[nodiscard]] std::unique_ptr<VideoFeatures> open_features(const std::string& network,
                                                           const std::filesystem::path& weights);

}  // namespace sfv::evaluation
