#include "apps/sfv/eval_feature_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/progress_display.h"
#include "sfv/core/check.h"
#include "sfv/evaluation/feature_networks.h"
#include "sfv/tensor/device.h"

namespace sfv::cli {
namespace {

constexpr int kMaxReaders = 4;  // threads that decode; more only wait for the network

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

std::unique_ptr<evaluation::VideoFeatures> open_network(const FeatureOptions& options) {
  if (options.threads > 0) set_cpu_threads(options.threads);
  return evaluation::open_features(options.network, options.weights);
}

evaluation::ClipFeatures measure_features(evaluation::VideoFeatures& network,
                                          std::vector<evaluation::ClipPlace> places,
                                          const FeatureOptions& options, const evaluation::ClipOptions& cut,
                                          int64_t clips, const std::string& label, bool quiet,
                                          const CommandContext& context) {
  ProgressDisplay display(progress_mode(quiet));
  display.begin_part(label, 0, 1);
  const evaluation::FeatureRequest request{.places = std::move(places),
                                           .cut = cut,
                                           .clips = clips,
                                           .batch = options.batch,
                                           .threads = std::clamp(cpu_threads(), 1, kMaxReaders)};
  evaluation::ClipFeatures result = evaluation::compute_clip_features(
      network, request,
      [&](int64_t passed, int64_t total) {
        const int64_t wanted = clips > 0 ? std::min(clips, total) : total;
        const double fraction = static_cast<double>(passed) / static_cast<double>(wanted);
        display.update({.stage = concat("clip ", passed, "/", wanted), .fraction = std::min(fraction, 1.0)});
      },
      &context.cancel);
  display.clear();
  report_dropped(result.dropped, quiet);
  return result;
}

}  // namespace sfv::cli
