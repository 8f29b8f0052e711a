// The counterpart of golden.py.
#include "tests/parity/golden.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sfv/core/check.h"
#include "sfv/io/safetensors.h"
#include "tests/parity/rule_weights.h"
#include "tests/parity/tensor_file.h"

namespace sfv::parity {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kTinyGradient = 1e-6;
constexpr int64_t kProbes = 4;

double norm_of(const torch::Tensor& x) {
  return x.to(torch::kDouble).norm().item<double>();
}

Deviation compare_output(const std::string& name, const torch::Tensor& expected, const torch::Tensor& result,
                         int64_t stride, const std::string& shape) {
  std::string got;
  for (int64_t size : result.sizes()) got += (got.empty() ? "" : ",") + std::to_string(size);
  if (got != shape) return {name + " [" + got + "], expected [" + shape + "]", kInfinite, kInfinite};
  const torch::Tensor kept = result.reshape({-1}).slice(0, 0, result.numel(), stride).to(torch::kDouble);
  const torch::Tensor difference = kept - expected.to(torch::kDouble);
  if (!std::isfinite(norm_of(difference))) return {name + " not finite", kInfinite, kInfinite};
  const double size = norm_of(expected);
  const double error = norm_of(difference);
  return {name, size > 0 ? error / size : (error == 0 ? 0 : kInfinite),
          difference.abs().max().item<double>()};
}

struct Probes {
  double norm = 0;             // of the gradient
  std::vector<double> values;  // its projections
  double weight = 0;           // sum of the directions' mean squares: kProbes for many numbers, any for few
};

// In double.
Probes probe(const std::string& name, const torch::Tensor& gradient) {
  const torch::Tensor flat = gradient.reshape({-1}).to(torch::kDouble);
  Probes probes{.norm = flat.norm().item<double>()};
  for (int64_t k = 0; k < kProbes; ++k) {
    const torch::Tensor direction =
        rule_tensor(concat("probe.", k, ".", name), {flat.numel()}, std::sqrt(3.0)).to(torch::kDouble);
    probes.values.push_back(flat.dot(direction).item<double>());
    probes.weight += direction.square().mean().item<double>();
  }
  return probes;
}

Deviation compare_gradients(const torch::Tensor& norms, const torch::Tensor& probes, const Tensors& result) {
  const double global = norm_of(norms);
  Deviation worst{.tensor = "gradients: none"};
  int64_t row = 0;
  for (const auto& [name, gradient] : result) {  // sorted, as the golden's rows
    if (!name.starts_with("grad")) continue;
    if (row >= norms.size(0))
      return {"gradients: more than the golden's " + std::to_string(row), kInfinite, kInfinite};
    const Probes got = probe(name, gradient);
    const double expected = norms[row].item<double>();
    double squares = 0;
    for (int64_t k = 0; k < kProbes; ++k) {
      squares += std::pow(got.values[static_cast<size_t>(k)] - probes[row][k].item<double>(), 2);
    }
    const double error = std::max(std::abs(got.norm - expected), std::sqrt(squares / got.weight));
    const double relative = error / (expected >= kTinyGradient * global ? expected : global);
    if (!(relative <= worst.relative))
      worst = {"gradients: " + name, std::isnan(relative) ? kInfinite : relative, error};
    ++row;
  }
  if (row != norms.size(0))
    return {concat("gradients: ", row, ", expected ", norms.size(0)), kInfinite, kInfinite};
  return worst;
}

}  // namespace

Bar bar_of(std::string_view network, std::string_view tensor) {
  if (tensor.starts_with("gradients")) return {.limit = 1e-4};
  if (network == "pipeline")
    return tensor == "frames" ? Bar{.limit = 1e-4, .is_absolute = true} : Bar{.limit = 1e-4};
  if (network == "noise" || network == "preprocess") {
    // Normalised pixels are divided by about 0.27.
    return {.limit = tensor == "pixel_values" ? 4e-6 : 1e-6, .is_absolute = true};
  }
  if (network == "scheduler") return {.limit = 5e-7};  // so that 700 for sqrt(700^2 + 1) shows
  return {.limit = 1e-5};
}

std::vector<Deviation> compare_with_golden(const std::filesystem::path& golden, const Tensors& result) {
  const auto file = io::SafetensorsFile::open(golden);
  const Tensors expected = read_tensors(*file);
  std::vector<Deviation> deviations;
  for (const auto& [name, values] : expected) {
    if (name.starts_with("gradient_")) continue;
    const auto found = result.find(name);
    if (found == result.end()) {
      deviations.push_back({name + " absent", kInfinite, kInfinite});
      continue;
    }
    const int64_t stride = std::stoll(file->metadata().at(name + ".stride"));
    deviations.push_back(
        compare_output(name, values, found->second, stride, file->metadata().at(name + ".shape")));
  }
  if (expected.contains("gradient_norms")) {
    deviations.push_back(
        compare_gradients(expected.at("gradient_norms"), expected.at("gradient_probes"), result));
  }
  return deviations;
}

}  // namespace sfv::parity
