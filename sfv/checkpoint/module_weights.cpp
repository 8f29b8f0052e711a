#include "sfv/checkpoint/module_weights.h"

#include <ATen/Parallel.h>

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <sstream>

#include "sfv/core/check.h"
#include "sfv/io/mapped_file.h"
#include "sfv/nn/fetched_weights.h"
#include "sfv/tensor/layout.h"

namespace sfv::checkpoint {
namespace {

// A list for a message, of which only the beginning is shown.
class NameList {
 public:
  explicit NameList(const char* title) : title_(title) {}
  void add(const std::string& text) {
    constexpr size_t kShown = 20;
    if (count_++ < kShown) text_ += (text_.empty() ? "" : ", ") + text;
    more_ = count_ > kShown ? count_ - kShown : 0;
  }
  [[nodiscard]] std::string text() const {
    if (count_ == 0) return {};
    return concat("\n  ", count_, " ", title_, ": ", text_, more_ > 0 ? concat(" and ", more_, " more") : "");
  }

 private:
  const char* title_;
  std::string text_;
  size_t count_ = 0;
  size_t more_ = 0;
};

std::string shape_text(at::IntArrayRef shape) {
  std::ostringstream out;
  out << shape;
  return out.str();
}

void read_all(const std::vector<std::span<const std::byte>>& parts) {
  at::parallel_for(0, static_cast<int64_t>(parts.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) io::read_ahead(parts[static_cast<size_t>(i)]);
  });
}

}  // namespace

std::vector<ParameterShape> parameter_shapes(const torch::nn::Module& module) {
  std::vector<ParameterShape> shapes;
  for (const auto& item : module.named_parameters()) {
    shapes.push_back({.name = item.key(), .shape = item.value().sizes().vec()});
  }
  return shapes;
}

int64_t count_parameters(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const torch::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

std::string describe_misfit(const torch::nn::Module& module, const Weights& weights) {
  NameList missing("missing"), unexpected("unexpected"), misshaped("of another shape"),
      mistyped("of another type");
  std::map<std::string, std::vector<int64_t>> wanted;
  for (auto& [name, shape] : parameter_shapes(module)) {
    const auto found = weights.find(name);
    if (found == weights.end()) {
      missing.add(name);
    } else if (found->second.shape != shape) {
      misshaped.add(
          concat(name, " expected ", shape_text(shape), ", found ", shape_text(found->second.shape)));
    }
    wanted.emplace(name, std::move(shape));
  }
  for (const auto& [name, weight] : weights) {
    if (!wanted.contains(name)) unexpected.add(name);
    const bool is_float = weight.dtype == io::DType::kF32 || weight.dtype == io::DType::kF16 ||
                          weight.dtype == io::DType::kBF16 || weight.dtype == io::DType::kF64;
    if (!is_float)
      mistyped.add(concat(name, " expected F32, F16 or BF16, found ", io::to_string(weight.dtype)));
  }
  return missing.text() + unexpected.text() + misshaped.text() + mistyped.text();
}

std::set<std::string> weights_left(const torch::nn::Module& network, WeightHome home) {
  return home == WeightHome::kDevice ? std::set<std::string>() : nn::fetched_weights(network);
}

void set_weights(torch::nn::Module& module, const Weights& weights, torch::Dtype dtype, torch::Device device,
                 const std::string& where, WeightHome home) {
  const std::string misfit = describe_misfit(module, weights);
  SFV_CHECK(misfit.empty(), kInvalidFile, "[load_model] ", where, ": the tensors do not fit the network",
            misfit);
  const torch::NoGradGuard no_grad;
  const std::set<std::string> left = weights_left(module, home);
  std::vector<std::span<const std::byte>> in_file;
  for (auto& item : module.named_parameters()) {
    const Weight& weight = weights.at(item.key());
    const torch::Tensor stored = as_tensor(weight);
    item.value().set_requires_grad(false);
    item.value().set_data(left.contains(item.key()) ? stored : as_kernel(stored.to(device, dtype)));
    if (item.value().is_alias_of(stored)) in_file.push_back(weight.bytes);
  }
  // Loaded means in memory. Only where a layer's weights come with the layer, memory may be too small for
  // that.
  if (home != WeightHome::kLayer) read_all(in_file);
  module.eval();
}

}  // namespace sfv::checkpoint
