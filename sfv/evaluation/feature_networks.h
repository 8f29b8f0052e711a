#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sfv/evaluation/video_features.h"

namespace sfv::evaluation {

/// The names that open_features knows; a network more is a line in feature_networks.cpp.
[[nodiscard]] std::vector<std::string> feature_network_names();

/// network: one of the names above. Errors: kInvalidArgument listing them.
[[nodiscard]] std::unique_ptr<VideoFeatures> open_features(const std::string& network);

}  // namespace sfv::evaluation
