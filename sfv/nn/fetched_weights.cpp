#include "sfv/nn/fetched_weights.h"

#include "sfv/core/work.h"
#include "sfv/nn/layers.h"
#include "sfv/tensor/layout.h"
#include "sfv/tensor/mixed_precision.h"
#include "sfv/tensor/planned_memory.h"

namespace sfv::nn {
namespace {

constexpr int64_t kLeastNumbers = 65536;

bool is_at(const torch::Tensor& weight, torch::Dtype dtype, torch::Device device) {
  return weight.scalar_type() == dtype && weight.device() == device;
}

}  // namespace

std::set<std::string> fetched_weights(const torch::nn::Module& network) {
  std::set<std::string> keys;
  for (const auto& item : network.named_modules()) {
    const auto* module = item.value().get();
    const bool fetches = module->as<LinearImpl>() != nullptr || module->as<Conv2dImpl>() != nullptr ||
                         module->as<TemporalConvImpl>() != nullptr;
    if (!fetches) continue;
    const torch::Tensor* weight = module->named_parameters(/*recurse=*/false).find("weight");
    if (weight != nullptr && weight->numel() >= kLeastNumbers)
      keys.insert(item.key().empty() ? "weight" : item.key() + ".weight");
  }
  return keys;
}

torch::Tensor fetch(const torch::Tensor& weight, const torch::Tensor& x) {
  if (is_at(weight, x.scalar_type(), x.device()) || torch::GradMode::is_enabled() || is_mixed())
    return weight;
  const PlannedKindScope kind(PlannedKind::kWeightCopy);
  return as_kernel(weight.to(x.device(), x.scalar_type()));
}

// Delegates, so that the destructor puts back what was brought when the work is stopped on the way.
BroughtWeights::BroughtWeights(torch::nn::Module& network, torch::Dtype dtype, torch::Device device)
    : BroughtWeights() {
  const torch::NoGradGuard no_grad;
  for (torch::Tensor parameter : network.parameters()) {
    if (is_at(parameter, dtype, device)) continue;
    count_work(0);  // no operation of the network: the moment to stop
    homes_.emplace_back(parameter, parameter.detach());
    const PlannedKindScope kind(PlannedKind::kWeightCopy);
    parameter.set_data(as_kernel(parameter.to(device, dtype)));
  }
}

BroughtWeights::~BroughtWeights() {
  for (auto& [parameter, home] : homes_) parameter.set_data(home);
}

}  // namespace sfv::nn
