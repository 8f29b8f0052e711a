#include "apps/sfv/eval_distance.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/eval_commands.h"
#include "sfv/core/check.h"
#include "sfv/evaluation/frechet_distance.h"
#include "sfv/evaluation/frechet_floor.h"
#include "sfv/evaluation/frechet_interval.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kFewClips = 256;  // below, the distance is mostly noise and bias

std::string measure_name(const evaluation::Protocol& protocol) {
  const auto network = protocol.find("network");
  if (network == protocol.end()) return "Fréchet distance in features that do not say what they are";
  if (network->second == "i3d") return "FVD (I3D)";
  if (network->second == "reference") return "Fréchet distance in reference features, not FVD";
  return "Fréchet distance in features of " + network->second;
}

Json interval_json(const DistanceSide& first, const DistanceSide& second, const DistanceOptions& options,
                   evaluation::Covariance covariance, const CancelToken& cancel) {
  const evaluation::BootstrapOptions bootstrap{.resamples = options.resamples, .seed = options.seed};
  const evaluation::FrechetInterval interval =
      evaluation::bootstrap_frechet(first.set.features, second.set.features, covariance, bootstrap, &cancel);
  return {{"low", interval.low},      {"high", interval.high},
          {"level", bootstrap.level}, {"deviation", interval.deviation},
          {"shift", interval.shift},  {"resamples", bootstrap.resamples},
          {"seed", bootstrap.seed},   {"method", "bootstrap, centred"}};
}

Json side_json(const DistanceSide& side) {
  return {{"from", side.from},
          {"clips", side.set.features.size(0)},
          {"protocol", protocol_json(side.set.protocol)}};
}

void print_side(const DistanceSide& side) {
  std::printf("%-10s %s, %lld clips\n", side.name.c_str(), side.from.c_str(),
              static_cast<long long>(side.set.features.size(0)));
  for (const auto& [key, value] : side.set.protocol) std::printf("  %s: %s\n", key.c_str(), value.c_str());
}

}  // namespace

void add_distance_options(CLI::App& command, DistanceOptions& options) {
  add_choice(command, "--covariance", options.covariance, {"biased", "unbiased"},
             "Divide by N (as StyleGAN-V and cd-fvd) or by N - 1. Default: biased");
  command
      .add_option("--bootstrap", options.resamples,
                  concat("Resamples of the bootstrap interval, 20 to 100000; 0: no interval. Default: ",
                         options.resamples))
      ->type_name("N")
      ->check([](const std::string& text) {
        return text == "0" ? std::string() : in_range<int64_t>(20, 100'000)(text);
      });
  command.add_option("--seed", options.seed, "Seed of everything drawn here, 0 to 2^64 - 1. Default: 0")
      ->type_name("N")
      ->check(check_seed);
}

Json measure_distance(const DistanceSide& first, const DistanceSide& second, const DistanceOptions& options,
                      const torch::Tensor* floor_reals, const CancelToken& cancel) {
  const evaluation::FeatureSet &a = first.set, &b = second.set;
  std::vector<std::string> notes = evaluation::compare_protocols(a.protocol, b.protocol);
  const auto covariance =
      options.covariance == "biased" ? evaluation::Covariance::kBiased : evaluation::Covariance::kUnbiased;
  const double distance = evaluation::frechet_distance(evaluation::feature_moments(a.features, covariance),
                                                       evaluation::feature_moments(b.features, covariance));
  const int64_t n_a = a.features.size(0), n_b = b.features.size(0);
  Json result = {{"frechet_distance", distance},
                 {"measure", measure_name(a.protocol)},
                 {"covariance", options.covariance},
                 {"dimensions", a.features.size(1)},
                 {"seed", options.seed}};
  if (options.resamples > 0) result["interval"] = interval_json(first, second, options, covariance, cancel);
  if (floor_reals != nullptr) {
    const auto floor = evaluation::frechet_floor(*floor_reals, b.features, covariance, options.seed);
    result["floor"] = floor ? Json{{"clips", floor->clips},
                                   {"real_to_real", floor->real_to_real},
                                   {"fake_to_real", floor->fake_to_real},
                                   {"seed", options.seed}}
                            : Json();
    if (floor && floor->clips < n_b) {
      notes.push_back(concat("the floor is taken at ", floor->clips, " clips, not at ", n_b,
                             ": compare it with the fake_to_real beside it; for a floor at ", n_b, " give ",
                             2 * n_b, " real clips"));
    }
  }
  result[first.name] = side_json(first);
  result[second.name] = side_json(second);
  if (std::min(n_a, n_b) < kFewClips) {
    notes.push_back(concat("fewer than ", kFewClips, " clips: the distance is biased upwards and uncertain"));
  }
  if (n_a != n_b) {
    notes.push_back(concat("the sets differ in size, ", n_a, " and ", n_b,
                           ": compare this number only with others of the same two sizes"));
  }
  result["notes"] = notes;
  return result;
}

void print_distance(const Json& result, const DistanceSide& first, const DistanceSide& second) {
  std::printf("%-10s %.6g\n%-10s %s\n", "distance", result["frechet_distance"].get<double>(), "measure",
              result["measure"].get<std::string>().c_str());
  if (result.contains("interval")) {
    const Json& i = result["interval"];
    std::printf("%-10s %.6g to %.6g (%g %%, %lld resamples, seed %llu)\n", "interval", i["low"].get<double>(),
                i["high"].get<double>(), 100 * i["level"].get<double>(), i["resamples"].get<long long>(),
                i["seed"].get<unsigned long long>());
  }
  if (result.contains("floor") && result["floor"].is_object()) {
    const Json& f = result["floor"];
    std::printf("%-10s %.6g, real from real at %lld clips; the fakes at as many: %.6g\n", "floor",
                f["real_to_real"].get<double>(), f["clips"].get<long long>(),
                f["fake_to_real"].get<double>());
  }
  std::printf("%-10s %s\n%-10s %lld\n%-10s %llu\n", "covariance",
              result["covariance"].get<std::string>().c_str(), "dimensions",
              result["dimensions"].get<long long>(), "seed", result["seed"].get<unsigned long long>());
  print_side(first);
  print_side(second);
  for (const Json& note : result["notes"]) std::printf("note: %s\n", note.get<std::string>().c_str());
}

}  // namespace sfv::cli
