// sfv eval features: clips to numbers; sfv eval frechet: the distance of two sets of them.

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/eval_commands.h"
#include "apps/sfv/progress_display.h"
#include "sfv/core/check.h"
#include "sfv/core/version.h"
#include "sfv/evaluation/feature_file.h"
#include "sfv/evaluation/feature_networks.h"
#include "sfv/evaluation/frechet_distance.h"
#include "sfv/io/hash.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;
using evaluation::Protocol;

constexpr size_t kClipsAtOnce = 16;
constexpr int64_t kFewClips = 256;  // below, the distance is mostly noise and bias

struct FeaturesOptions {
  std::vector<std::string> clips;
  EvalClipOptions cut;
  std::string network = "reference";
  std::string out;
  bool json = false;
  bool quiet = false;
};

struct FrechetOptions {
  std::string a, b;
  std::string covariance = "biased";
  bool json = false;
};

Protocol describe(const evaluation::FeatureIdentity& identity, Protocol protocol) {
  protocol["network"] = identity.network;
  protocol["network_sha256"] = identity.sha256;
  protocol["layer"] = identity.layer;
  protocol["input"] = identity.input;
  protocol["sfv"] = std::string(version());
  return protocol;
}

int features(const FeaturesOptions& options, const CommandContext& context) {
  const auto network = evaluation::open_features(options.network);
  evaluation::ClipReader reader(options.clips, resolve_clip_options(options.cut));
  ProgressDisplay display(progress_mode(options.quiet));
  display.begin_part("features", 0, 1);
  std::vector<torch::Tensor> parts, waiting;
  const auto compute = [&] {
    if (!waiting.empty()) parts.push_back(network->compute(at::stack(waiting)));
    waiting.clear();
  };
  while (const auto clip = reader.next(&context.cancel)) {
    waiting.push_back(clip->pixels);
    if (waiting.size() == kClipsAtOnce) compute();
    display.update({.stage = concat("clip ", reader.passed(), "/", reader.total()),
                    .fraction = static_cast<double>(reader.passed()) / static_cast<double>(reader.total())});
  }
  compute();
  display.clear();
  report_dropped(reader.dropped(), options.quiet);
  SFV_CHECK(!parts.empty(), kInvalidFile, "[eval] none of the ", reader.total(), " clips could be used");
  const evaluation::FeatureSet set{at::cat(parts), describe(network->identity(), reader.protocol())};
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
  return reader.dropped().empty() ? 0 : 1;
}

Json side_json(const std::string& path, const evaluation::FeatureSet& set) {
  return {{"file", path},
          {"sha256", io::sha256_file(path)},
          {"clips", set.features.size(0)},
          {"protocol", protocol_json(set.protocol)}};
}

void print_side(const char* name, const std::string& path, const evaluation::FeatureSet& set) {
  std::printf("%-10s %s, %lld clips\n", name, path.c_str(), static_cast<long long>(set.features.size(0)));
  for (const auto& [key, value] : set.protocol) std::printf("  %s: %s\n", key.c_str(), value.c_str());
}

int frechet(const FrechetOptions& options) {
  const evaluation::FeatureSet a = evaluation::read_features(options.a);
  const evaluation::FeatureSet b = evaluation::read_features(options.b);
  std::vector<std::string> notes = evaluation::compare_protocols(a.protocol, b.protocol);
  const auto covariance =
      options.covariance == "biased" ? evaluation::Covariance::kBiased : evaluation::Covariance::kUnbiased;
  const double distance = evaluation::frechet_distance(evaluation::feature_moments(a.features, covariance),
                                                       evaluation::feature_moments(b.features, covariance));
  const int64_t n_a = a.features.size(0), n_b = b.features.size(0);
  if (std::min(n_a, n_b) < kFewClips) {
    notes.push_back(concat("fewer than ", kFewClips, " clips: the distance is biased upwards and uncertain"));
  }
  if (n_a != n_b) {
    notes.push_back(concat("the sets differ in size, ", n_a, " and ", n_b,
                           ": compare this number only with others of the same two sizes"));
  }
  if (options.json) {
    std::printf("%s\n", Json{{"frechet_distance", distance},
                             {"covariance", options.covariance},
                             {"dimensions", a.features.size(1)},
                             {"a", side_json(options.a, a)},
                             {"b", side_json(options.b, b)},
                             {"notes", notes}}
                            .dump(2)
                            .c_str());
    return 0;
  }
  std::printf("%-10s %.6g\n%-10s %s\n%-10s %lld\n", "distance", distance, "covariance",
              options.covariance.c_str(), "dimensions", static_cast<long long>(a.features.size(1)));
  print_side("a", options.a, a);
  print_side("b", options.b, b);
  for (const std::string& note : notes) std::printf("note: %s\n", note.c_str());
  return 0;
}

}  // namespace

void add_eval_features_command(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<FeaturesOptions>();
  CLI::App& command = program.add_command(
      parent, "features", "Sum up each clip in numbers. Exit code 1 when a clip had to be dropped",
      [options](const CommandContext& context) { return features(*options, context); });
  command
      .add_option(
          "CLIPS", options->clips,
          "Videos, animations, folders of these and of numbered pictures, .jsonl manifests, patterns, "
          ".safetensors with decoded clips")
      ->required();
  add_choice(command, "--network", options->network, evaluation::feature_network_names(),
             "Feature network; reference needs no weights and is not FVD's. Default: reference");
  command.add_option("-o,--output", options->out, "Feature file: features [N,D] and the protocol")
      ->required()
      ->type_name("FILE.safetensors");
  add_clip_options(command, options->cut);
  program.add_json_flag(command, options->json);
  program.add_quiet_flag(command, options->quiet);
}

void add_eval_frechet_command(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<FrechetOptions>();
  CLI::App& command = program.add_command(parent, "frechet", "The Fréchet distance of two sets of features",
                                          [options](const CommandContext&) { return frechet(*options); });
  command.add_option("A", options->a, "Feature file: a tensor features [N,D], F32 or F64")->required();
  command.add_option("B", options->b, "Feature file")->required();
  add_choice(command, "--covariance", options->covariance, {"biased", "unbiased"},
             "Divide by N (as StyleGAN-V and cd-fvd) or by N - 1. Default: biased");
  program.add_json_flag(command, options->json);
}

}  // namespace sfv::cli
