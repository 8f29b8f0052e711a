// From clips to a set of features: the one loop behind every distance.
#include "sfv/evaluation/clip_features.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/version.h"

namespace sfv::evaluation {
namespace {

Protocol describe(const FeatureIdentity& identity, Protocol protocol) {
  protocol["network"] = identity.network;
  protocol["network_sha256"] = identity.sha256;
  protocol["layer"] = identity.layer;
  protocol["input"] = identity.input;
  protocol["sfv"] = std::string(version());
  return protocol;
}

}  // namespace

ClipFeatures compute_clip_features(VideoFeatures& network, const FeatureRequest& request,
                                   const std::function<void(int64_t passed, int64_t total)>& on_clip,
                                   const CancelToken* cancel) {
  SFV_CHECK(request.batch >= 1, kInvalidArgument, "[features] expected a batch of at least 1, got ",
            request.batch);
  if (request.cut.frames > 0) check_frames(network, request.cut.frames);
  ClipReader reader(request.places, request.cut,
                    {.threads = request.threads,
                     .capacity = request.batch,
                     .prepare = [&network](const torch::Tensor& clip) { return network.prepare(clip); }});
  std::vector<torch::Tensor> parts, waiting;
  const auto compute = [&] {
    if (!waiting.empty()) parts.push_back(network.compute(at::stack(waiting)));
    waiting.clear();
  };
  int64_t taken = 0;
  while (request.clips == 0 || taken < request.clips) {
    auto clip = reader.next(cancel);
    if (!clip) break;
    check_frames(network, reader.frames());
    waiting.push_back(std::move(clip->pixels));
    ++taken;
    if (static_cast<int64_t>(waiting.size()) == request.batch) compute();
    on_clip(reader.passed(), reader.total());
  }
  compute();
  return {{parts.empty() ? torch::Tensor() : at::cat(parts), describe(network.identity(), reader.protocol())},
          reader.dropped()};
}

void check_any(const ClipFeatures& features) {
  if (features.set.features.defined()) return;
  const std::vector<DroppedClip>& dropped = features.dropped;
  throw Error(ErrorCode::kInvalidFile,
              concat("[features] none of the ", dropped.size(), " clips could be used; the first: ",
                     dropped.empty() ? "" : dropped[0].name + ": " + dropped[0].reason),
              "features.no_clips");
}

}  // namespace sfv::evaluation
