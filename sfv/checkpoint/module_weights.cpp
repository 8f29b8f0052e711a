#include "sfv/checkpoint/module_weights.h"

#include <map>
#include <sstream>

#include "sfv/core/check.h"

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

// Channels-last for the kernels of convolutions over pixels [O, I, kh, kw] and over time [O, I, k, 1, 1].
torch::Tensor as_kernel(const torch::Tensor& weight) {
  if (weight.dim() == 5) return weight.contiguous(at::MemoryFormat::ChannelsLast3d);
  if (weight.dim() != 4) return weight.contiguous();
  if (weight.size(2) == 1 && weight.size(3) == 1) {
    // The same order in memory; only the strides say that it is channels-last.
    const torch::Tensor dense = weight.contiguous();
    return dense.as_strided(dense.sizes(), {dense.size(1), 1, dense.size(1), dense.size(1)});
  }
  return weight.contiguous(at::MemoryFormat::ChannelsLast);
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

void set_weights(torch::nn::Module& module, const Weights& weights, torch::Dtype dtype, torch::Device device,
                 const std::string& where) {
  const std::string misfit = describe_misfit(module, weights);
  SFV_CHECK(misfit.empty(), kInvalidFile, "[load_model] ", where, ": the tensors do not fit the network",
            misfit);
  const torch::NoGradGuard no_grad;
  for (auto& item : module.named_parameters()) {
    item.value().set_requires_grad(false);
    item.value().set_data(as_kernel(as_tensor(weights.at(item.key())).to(device, dtype)));
  }
  module.eval();
}

}  // namespace sfv::checkpoint
