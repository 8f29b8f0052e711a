// sfv eval fvd: from two sets of clips to their distance, its floor and its interval, in one go.

#include <torch/types.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/eval_commands.h"
#include "apps/sfv/eval_distance.h"
#include "apps/sfv/eval_feature_options.h"
#include "apps/sfv/rank_job.h"
#include "sfv/core/check.h"
#include "sfv/io/safetensors.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

struct FvdOptions {
  std::string real, fake;
  FeatureOptions features = {.network = "i3d"};
  DistanceOptions distance = {.resamples = 200};
  int64_t clips = 0;  // of each side, and as many real ones again for the floor; 0: all
  bool json = false;
  bool quiet = false;
};

// What `sfv eval features` wrote, rather than clips.
std::optional<evaluation::FeatureSet> read_if_features(const std::string& input) {
  std::error_code error;
  if (std::filesystem::path(input).extension() != ".safetensors" || !std::filesystem::exists(input, error))
    return std::nullopt;
  if (!io::SafetensorsFile::open(input)->tensors().contains("features")) return std::nullopt;
  return evaluation::read_features(input);
}

// The network's features of both sides. A side that is a feature file decides the number of frames of the
// other, else the fakes do, unless it was asked for.
class Sides {
 public:
  Sides(const FvdOptions& options, const EvalJob& job)
      : options_(options), job_(job), cut_(resolve_clip_options(options.features.cut)) {
    real_ = read_if_features(options.real);
    fake_ = read_if_features(options.fake);
    for (const auto* side : {&real_, &fake_}) {
      if (*side) keep_frames((*side)->protocol);
    }
    if (!fake_) fake_ = measure(options.fake, "fake", options.clips);
    if (!real_) real_ = measure(options.real, "real", 2 * options.clips);
    floor_reals_ = real_->features;
    if (options.clips > 0) {
      floor_reals_ = first(floor_reals_, 2 * options.clips);
      real_->features = first(real_->features, options.clips);
      fake_->features = first(fake_->features, options.clips);
    }
  }

  [[nodiscard]] const evaluation::FeatureSet& real() const { return *real_; }
  [[nodiscard]] const evaluation::FeatureSet& fake() const { return *fake_; }
  /// [N', D]: what the floor's two sets are drawn from.
  [[nodiscard]] const torch::Tensor& floor_reals() const { return floor_reals_; }
  [[nodiscard]] bool has_dropped() const { return has_dropped_; }

 private:
  void keep_frames(const evaluation::Protocol& protocol) {
    const auto frames = protocol.find("frames");
    if (cut_.frames > 0 || frames == protocol.end()) return;
    const std::string& text = frames->second;
    (void)std::from_chars(text.data(), text.data() + text.size(), cut_.frames);
  }

  evaluation::FeatureSet measure(const std::string& input, const std::string& label, int64_t clips) {
    if (!network_) network_ = open_network(options_.features, job_.ranks);
    evaluation::ClipFeatures found = measure_features(*network_, evaluation::find_clips({input}),
                                                      options_.features, cut_, clips, label, job_);
    evaluation::check_any(found);
    has_dropped_ = has_dropped_ || !found.dropped.empty();
    keep_frames(found.set.protocol);
    return std::move(found.set);
  }

  static torch::Tensor first(const torch::Tensor& features, int64_t clips) {
    return features.narrow(0, 0, std::min(features.size(0), clips));
  }

  const FvdOptions& options_;
  const EvalJob& job_;
  evaluation::ClipOptions cut_;
  std::unique_ptr<evaluation::VideoFeatures> network_;
  std::optional<evaluation::FeatureSet> real_, fake_;
  torch::Tensor floor_reals_;
  bool has_dropped_ = false;
};

int fvd(const FvdOptions& options, const EvalJob& job) {
  const Sides sides(options, job);
  if (job.ranks.rank() > 0) return 0;
  const DistanceSide real{"real", options.real, sides.real()}, fake{"fake", options.fake, sides.fake()};
  const Json result = measure_distance(real, fake, options.distance, &sides.floor_reals(), job.cancel);
  if (options.json) {
    std::printf("%s\n", result.dump(2).c_str());
  } else {
    print_distance(result, real, fake);
  }
  return sides.has_dropped() ? 1 : 0;
}

}  // namespace

void add_eval_fvd_command(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<FvdOptions>();
  CLI::App& command =
      program.add_command(parent, "fvd",
                          "Fréchet video distance of REAL and FAKE with protocol, floor and interval. Exit "
                          "code 1 when a clip had "
                          "to be dropped",
                          [options](const CommandContext& context) {
                            return run_on_ranks("eval", context, [&](distributed::Ranks& ranks) {
                              return fvd(*options, {ranks, context.cancel, options->quiet});
                            });
                          });
  command
      .add_option("REAL", options->real,
                  "Clips as of sfv eval features, or a feature file. Twice as many as FAKE give the floor at "
                  "FAKE's number")
      ->required();
  command.add_option("FAKE", options->fake, "The same of what was generated")->required();
  command
      .add_option(
          "-n,--clips", options->clips,
          "Compare the first N usable clips of each side, 2 to 1000000; N further real ones are for the "
          "floor. Default: all")
      ->type_name("N")
      ->check(in_range<int64_t>(2, 1'000'000));
  add_feature_options(command, options->features);
  add_distance_options(command, options->distance);
  program.add_json_flag(command, options->json);
  program.add_quiet_flag(command, options->quiet);
}

}  // namespace sfv::cli
