// The one place that knows which feature networks there are.
#include "sfv/evaluation/feature_networks.h"

#include "sfv/core/check.h"
#include "sfv/evaluation/i3d_features.h"
#include "sfv/evaluation/reference_features.h"
#include "sfv/evaluation/torchscript_features.h"

namespace sfv::evaluation {

std::unique_ptr<VideoFeatures> open_features(const std::string& network,
                                             const std::filesystem::path& weights) {
  if (network == "i3d") {
    SFV_CHECK(!weights.empty(), kInvalidArgument,
              "[features] network i3d needs its weights: --weights FILE, I3D's of Kinetics-400 under the "
              "names of the PyTorch port, as .safetensors or .pt; --network reference needs none, but is not "
              "FVD's");
    return std::make_unique<I3dFeatures>(weights);
  }
  SFV_CHECK(weights.empty(), kInvalidArgument, "[features] network \"", network,
            "\" takes no weights; they are for i3d");
  if (network == "reference") return std::make_unique<ReferenceFeatures>();
  const std::string ending = std::filesystem::path(network).extension().string();
  SFV_CHECK(ending == ".pt" || ending == ".pth" || ending == ".ts", kInvalidArgument,
            "[features] unknown network \"", network,
            "\"; expected i3d, reference or a TorchScript file (.pt, .pth, .ts)");
  return std::make_unique<TorchScriptFeatures>(network);
}

}  // namespace sfv::evaluation
