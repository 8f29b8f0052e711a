// The one place that knows which feature networks there are.
#include "sfv/evaluation/feature_networks.h"

#include "sfv/core/check.h"
#include "sfv/evaluation/reference_features.h"

namespace sfv::evaluation {

std::vector<std::string> feature_network_names() {
  return {"reference"};
}

std::unique_ptr<VideoFeatures> open_features(const std::string& network) {
  if (network == "reference") return std::make_unique<ReferenceFeatures>();
  std::string names;
  for (const std::string& name : feature_network_names()) names += (names.empty() ? "" : ", ") + name;
  throw Error(ErrorCode::kInvalidArgument,
              concat("[features] unknown network \"", network, "\"; expected one of: ", names));
}

}  // namespace sfv::evaluation
