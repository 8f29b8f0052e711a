#include "sfv/checkpoint/random_weights.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::checkpoint {
namespace {

// FNV-1a, 64 bits: a stream of its own for each name.
uint64_t hash_name(const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char c : name) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash;
}

// SplitMix64's output function (Steele, Lea, Flood 2014): number i of a stream without the ones before.
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

torch::Tensor uniform(const std::vector<int64_t>& shape, uint64_t stream, float bound) {
  torch::Tensor tensor = at::empty(shape, at::kFloat);
  float* const values = tensor.data_ptr<float>();
  constexpr int64_t kGrain = 1 << 16;
  at::parallel_for(0, tensor.numel(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      // 24 bits make a float in 0..1 exactly, so that every machine rounds the same product.
      const auto bits = static_cast<float>(mix(stream + static_cast<uint64_t>(i)) >> 40);
      values[i] = (bits * 0x1p-23F - 1.0F) * bound;
    }
  });
  return tensor;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// The layer a parameter belongs to: "a.norm1" of "a.norm1.weight".
std::string layer_of(const std::string& name) {
  return name.substr(0, name.rfind('.'));
}

// "norm1", "norm_in", "conv_norm_out", "layer_norm2", "pre_layrnorm" (which is spelled so)
bool is_norm(const std::string& name) {
  const std::string layer = layer_of(name);
  const size_t dot = layer.rfind('.');
  return layer.find("norm", dot == std::string::npos ? 0 : dot) != std::string::npos;
}

}  // namespace

RandomWeights::RandomWeights(std::vector<ParameterShape> shapes, uint64_t seed, float mix_factor)
    : shapes_(std::move(shapes)), seed_(seed), mix_factor_(mix_factor) {
  std::sort(shapes_.begin(), shapes_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
}

const std::vector<int64_t>* RandomWeights::find_shape(const std::string& name) const {
  const auto found =
      std::lower_bound(shapes_.begin(), shapes_.end(), name,
                       [](const ParameterShape& item, const std::string& n) { return item.name < n; });
  return found == shapes_.end() || found->name != name ? nullptr : &found->shape;
}

torch::Tensor RandomWeights::make(const std::string& name) const {
  const std::vector<int64_t>* const shape = find_shape(name);
  SFV_CHECK(shape != nullptr, kInvalidArgument, "[random_weights] ", name, " is no parameter of the network");
  if (ends_with(name, "mix_factor")) return at::full(*shape, mix_factor_, at::kFloat);
  if (is_norm(name)) return at::full(*shape, ends_with(name, "weight") ? 1.0 : 0.0, at::kFloat);
  // A bias takes its range from the weight beside it.
  const std::vector<int64_t>* weight =
      ends_with(name, ".bias") ? find_shape(layer_of(name) + ".weight") : shape;
  if (weight == nullptr) weight = shape;
  int64_t fan_in = 1;
  for (size_t i = weight->size() > 1 ? 1 : 0; i < weight->size(); ++i) fan_in *= weight->at(i);
  const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(fan_in)));
  return uniform(*shape, mix(seed_ ^ hash_name(name)), bound);
}

}  // namespace sfv::checkpoint
