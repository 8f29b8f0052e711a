#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <vector>

#include "apps/sfv/command.h"
#include "apps/sfv/eval_commands.h"
#include "sfv/distributed/ranks.h"
#include "sfv/evaluation/clip_features.h"
#include "sfv/evaluation/video_features.h"

namespace sfv::cli {

/// Which features are taken and how, as words of the command line.
struct FeatureOptions {
  EvalClipOptions cut = {};
  std::string network = {};
  std::string weights = {};  // of I3D; empty: none
  int64_t batch = 8;         // clips the network takes at once
  int threads = 0;           // of the CPU; 0: libtorch's choice
};
/// Adds --network, whose default is that of options, --weights and --batch.
void add_network_options(CLI::App& command, FeatureOptions& options);
/// Also --threads and add_clip_options().
void add_feature_options(CLI::App& command, FeatureOptions& options);

/// The network; also sets this rank's threads. Errors: those of evaluation::open_features and
/// share_threads.
[[nodiscard]] std::unique_ptr<evaluation::VideoFeatures> open_network(const FeatureOptions& options,
                                                                      distributed::Ranks& ranks);

/// Who measures: all ranks together, of which rank 0 speaks.
struct EvalJob {
  distributed::Ranks& ranks;
  const CancelToken& cancel;
  bool quiet = false;

  [[nodiscard]] bool is_silent() const { return quiet || ranks.rank() > 0; }
};

/// Features of the clips at the places, with a progress bar called `label`; what had to be dropped is
/// named on stderr. Each rank measures a block of them, and all get the whole: the same numbers as of one
/// rank. cut: instead of that of options. clips: stop after so many usable ones; 0: all. Without features
/// where no clip can be used.
[[nodiscard]] evaluation::ClipFeatures measure_features(evaluation::VideoFeatures& network,
                                                        const std::vector<evaluation::ClipPlace>& places,
                                                        const FeatureOptions& options,
                                                        const evaluation::ClipOptions& cut, int64_t clips,
                                                        const std::string& label, const EvalJob& job);

}  // namespace sfv::cli
