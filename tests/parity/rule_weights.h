#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sfv/core/rgb_image.h"

namespace sfv::parity {

// Weights and inputs made by a rule from their names, bit for bit those of rule_weights.py, whatever any
// generator does.

/// FNV-1a, 64 bits, of the bytes of `name`: the seed of its numbers.
[[nodiscard]] uint64_t hash_name(std::string_view name);

/// The i-th number of a seed, in [-1, 1), a multiple of 2^-23: the top 24 bits of splitmix64(seed + i *
/// golden ratio).
[[nodiscard]] double uniform(uint64_t seed, uint64_t i);

/// float32 tensor of offset + scale * uniform(hash_name(name) xor set_number, i), rounded once. scale is
/// rounded to float32 first.
[[nodiscard]] torch::Tensor rule_tensor(std::string_view name, torch::IntArrayRef sizes, double scale = 1,
                                        double offset = 0, uint64_t set_number = 0);

/// How the parameter `key` is spread in weight set "normal" or "small_variance". In the second, what writes
/// to the residual stream is tiny, so that GroupNorm sees variances under 1e-4 and a wrong eps shows.
struct Spread {
  double scale = 0;
  double offset = 0;
};
[[nodiscard]] Spread spread_of(std::string_view key, torch::IntArrayRef sizes, std::string_view weight_set);

/// The weights of parameter `key`.
[[nodiscard]] torch::Tensor rule_weight(std::string_view key, torch::IntArrayRef sizes,
                                        std::string_view weight_set);

/// Fills every parameter of `module` by the rule, from prefix + its key. Errors: kInvalidArgument for an
/// unknown set.
void fill_by_rule(torch::nn::Module& module, std::string_view weight_set, const std::string& prefix = {});

/// Waves plus noise, so that resizing filters of every length matter.
[[nodiscard]] RgbImage rule_image(std::string_view name, int64_t height, int64_t width);

}  // namespace sfv::parity
