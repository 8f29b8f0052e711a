// sfv eval features: clips to numbers; sfv eval frechet: the distance of two sets of them.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/sfv/eval_commands.h"
#include "apps/sfv/eval_distance.h"
#include "apps/sfv/eval_feature_options.h"
#include "apps/sfv/rank_job.h"
#include "sfv/io/hash.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

struct FeaturesOptions {
  std::vector<std::string> clips;
  FeatureOptions features = {.network = "reference"};
  std::string out;
  bool json = false;
  bool quiet = false;
};

struct FrechetOptions {
  std::string a, b;
  DistanceOptions distance;
  bool json = false;
};

int features(const FeaturesOptions& options, const EvalJob& job) {
  const auto network = open_network(options.features, job.ranks);
  const evaluation::ClipFeatures found =
      measure_features(*network, evaluation::find_clips(options.clips), options.features,
                       resolve_clip_options(options.features.cut), 0, "features", job);
  evaluation::check_any(found);
  if (job.ranks.rank() > 0) return 0;
  const evaluation::FeatureSet& set = found.set;
  evaluation::write_features(set, options.out);
  if (options.json) {
    std::printf("%s\n", Json{{"features", options.out},
                             {"clips", set.features.size(0)},
                             {"dimensions", set.features.size(1)},
                             {"protocol", protocol_json(set.protocol)}}
                            .dump(2)
                            .c_str());
  } else {
    std::printf("%s\n", options.out.c_str());
  }
  return found.dropped.empty() ? 0 : 1;
}

int frechet(const FrechetOptions& options, const CommandContext& context) {
  const evaluation::FeatureSet a = evaluation::read_features(options.a);
  const evaluation::FeatureSet b = evaluation::read_features(options.b);
  const DistanceSide first{"a", options.a, a}, second{"b", options.b, b};
  Json result = measure_distance(first, second, options.distance, nullptr, context.cancel);
  if (options.json) {
    result["a"]["sha256"] = io::sha256_file(options.a);
    result["b"]["sha256"] = io::sha256_file(options.b);
    std::printf("%s\n", result.dump(2).c_str());
  } else {
    print_distance(result, first, second);
  }
  return 0;
}

}  // namespace

void add_eval_features_command(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<FeaturesOptions>();
  CLI::App& command = program.add_command(
      parent, "features", "Sum up each clip in numbers. Exit code 1 when a clip had to be dropped",
      [options](const CommandContext& context) {
        return run_on_ranks("eval", context, [&](distributed::Ranks& ranks) {
          return features(*options, {ranks, context.cancel, options->quiet});
        });
      });
  command
      .add_option(
          "CLIPS", options->clips,
          "Videos, animations, folders of these and of numbered pictures, .jsonl manifests, patterns, "
          ".safetensors with decoded clips")
      ->required();
  command.add_option("-o,--output", options->out, "Feature file: features [N,D] and the protocol")
      ->required()
      ->type_name("FILE.safetensors");
  add_feature_options(command, options->features);
  program.add_json_flag(command, options->json);
  program.add_quiet_flag(command, options->quiet);
}

void add_eval_frechet_command(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<FrechetOptions>();
  CLI::App& command =
      program.add_command(parent, "frechet", "The Fréchet distance of two sets of features",
                          [options](const CommandContext& context) { return frechet(*options, context); });
  command.add_option("A", options->a, "Feature file: a tensor features [N,D], F32 or F64")->required();
  command.add_option("B", options->b, "Feature file")->required();
  add_distance_options(command, options->distance);
  program.add_json_flag(command, options->json);
}

}  // namespace sfv::cli
