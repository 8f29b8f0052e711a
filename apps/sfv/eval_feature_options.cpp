#include "apps/sfv/eval_feature_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/eval_shares.h"
#include "apps/sfv/progress_display.h"
#include "apps/sfv/rank_job.h"
#include "sfv/core/check.h"
#include "sfv/evaluation/feature_networks.h"
#include "sfv/tensor/device.h"

namespace sfv::cli {
namespace {

constexpr int kMaxReaders = 4;  // threads that decode; more only wait for the network

// How many frames the first usable clip has, which rank 0 looks up: one rank alone would take the others'
// clips as long as that. 0 where no clip can be used.
int64_t agree_on_frames(const std::vector<evaluation::ClipPlace>& places, const evaluation::ClipOptions& cut,
                        const EvalJob& job) {
  int64_t frames = 0;
  if (job.ranks.rank() == 0) {
    evaluation::ClipReader reader(places, cut);
    if (reader.next(&job.cancel)) frames = reader.frames();
  }
  return std::stoll(job.ranks.gather(std::to_string(frames)).front());
}

}  // namespace

void add_network_options(CLI::App& command, FeatureOptions& options) {
  command
      .add_option(
          "--network", options.network,
          "Feature network: i3d (FVD's; needs --weights), reference (needs no weights and is not FVD's), "
          "or a TorchScript file (.pt, .pth, .ts), whose code is run. Default: " +
              options.network)
      ->type_name("i3d|reference|FILE");
  command
      .add_option("--weights", options.weights,
                  "I3D's weights under the names of the PyTorch port: .safetensors, or a PyTorch state dict. "
                  "Default: none")
      ->type_name("FILE");
  command
      .add_option("--batch", options.batch,
                  "Clips the network takes at once, 1 to 256: more need more memory. Default: 8")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 256));
}

void add_feature_options(CLI::App& command, FeatureOptions& options) {
  add_network_options(command, options);
  command.add_option("--threads", options.threads, "CPU threads, 1 to 1024. Default: libtorch's choice")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 1024));
  add_clip_options(command, options.cut);
}

std::unique_ptr<evaluation::VideoFeatures> open_network(const FeatureOptions& options,
                                                        distributed::Ranks& ranks) {
  share_threads(options.threads, ranks);
  return evaluation::open_features(options.network, options.weights);
}

evaluation::ClipFeatures measure_features(evaluation::VideoFeatures& network,
                                          const std::vector<evaluation::ClipPlace>& places,
                                          const FeatureOptions& options, const evaluation::ClipOptions& cut,
                                          int64_t clips, const std::string& label, const EvalJob& job) {
  ProgressDisplay display(progress_mode(job.is_silent()));
  display.begin_part(label, 0, 1);
  evaluation::FeatureRequest request;
  request.cut = cut;
  request.batch = options.batch;
  request.threads = std::clamp(cpu_threads(), 1, kMaxReaders);
  if (cut.frames == 0 && job.ranks.size() > 1) request.cut.frames = agree_on_frames(places, cut, job);
  const auto total = static_cast<int64_t>(places.size());
  const int64_t wanted = clips > 0 ? std::min(clips, total) : total;
  std::vector<evaluation::ClipFeatures> rounds;
  int64_t found = 0;
  // As many as are missing; where some of them had to be dropped, once more.
  for (int64_t begin = 0, end = 0; begin < total && found < wanted; begin = end) {
    end = std::min(total, begin + wanted - found);
    const auto [first, last] = block_of(end - begin, options.batch, job.ranks.place());
    request.places.assign(places.begin() + begin + first, places.begin() + begin + last);
    const auto on_clip = [&](int64_t passed, int64_t own) {
      const double share = static_cast<double>(passed) / static_cast<double>(std::max<int64_t>(own, 1));
      const double here = share * static_cast<double>(end - begin);
      display.update(
          {.stage = concat("clip ", begin + static_cast<int64_t>(here), "/", wanted),
           .fraction = std::min((static_cast<double>(begin) + here) / static_cast<double>(wanted), 1.0)});
    };
    rounds.push_back(gather_features(
        job.ranks, evaluation::compute_clip_features(network, request, on_clip, &job.cancel)));
    const torch::Tensor& features = rounds.back().set.features;
    found += features.defined() ? features.size(0) : 0;
    // Later rounds are of clips as long as those of the first.
    if (features.defined() && request.cut.frames == 0)
      request.cut.frames = std::stoll(rounds.back().set.protocol.at("frames"));
  }
  display.clear();
  evaluation::ClipFeatures result = rounds.size() == 1 ? std::move(rounds.front()) : join_features(rounds);
  report_dropped(result.dropped, job.is_silent());
  return result;
}

}  // namespace sfv::cli
