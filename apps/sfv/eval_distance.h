#pragma once

#include <torch/types.h>

#include <CLI/App.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "sfv/core/cancel.h"
#include "sfv/evaluation/feature_file.h"

namespace sfv::cli {

struct DistanceOptions {
  std::string covariance = "biased";
  int64_t resamples = 0;  // of the bootstrap interval; 0: none
  uint64_t seed = 0;      // of the interval and of the floor's sets
};
/// Adds --covariance, --bootstrap (whose default is that of options) and --seed.
void add_distance_options(CLI::App& command, DistanceOptions& options);

/// One of the two sets, and what stands for it in the result.
struct DistanceSide {
  std::string name;  // "a", "real"
  std::string from;  // what the user gave
  const evaluation::FeatureSet& set;
};

/// The Fréchet distance of two sets and all that must be said with it: frechet_distance, measure (what kind
/// of number that is), covariance, dimensions, interval (if asked for), both sides, notes. floor_reals: real
/// clips [N', D] of which the floor's two sets are drawn; the second side is then the fake one; null: no
/// floor. Errors: kInvalidArgument for sets that were measured differently; kCancelled.
[[nodiscard]] nlohmann::ordered_json measure_distance(const DistanceSide& first, const DistanceSide& second,
                                                      const DistanceOptions& options,
                                                      const torch::Tensor* floor_reals,
                                                      const CancelToken& cancel);

/// The same in words, on stdout.
void print_distance(const nlohmann::ordered_json& result, const DistanceSide& first,
                    const DistanceSide& second);

}  // namespace sfv::cli
