#include "sfv/checkpoint/verify_model.h"

#include <ATen/ops/isfinite.h>

#include <set>

#include "sfv/checkpoint/model_files.h"
#include "sfv/core/check.h"

namespace sfv::checkpoint {
namespace {

// Names of tensors with a NaN or an infinity, the first few of them.
std::string describe_not_finite(const Weights& weights, const CancelToken* cancel) {
  constexpr size_t kShown = 20;
  std::string names;
  size_t count = 0;
  for (const auto& [name, weight] : weights) {
    if (cancel != nullptr) cancel->throw_if_cancelled();
    if (at::isfinite(as_tensor(weight)).all().item<bool>()) continue;
    if (count++ < kShown) names += (names.empty() ? "" : ", ") + name;
  }
  return count == 0 ? ""
                    : concat(count, " tensors hold NaN or infinity: ", names, count > kShown ? ", …" : "");
}

VerifyItem verify_component(const ModelFiles& model, const ModelComponent& component,
                            const CancelToken* cancel) {
  VerifyItem item;
  const std::filesystem::path first = component.files.front()->path();
  item.what = component.name + ": " + first.string() +
              (component.files.size() > 1 ? concat(" and ", component.files.size() - 1, " more") : "");
  item.detail = describe_component_misfit(model, component);
  if (!item.detail.empty()) {
    item.detail = "the tensors do not fit the config" + item.detail;
    return item;
  }
  item.detail = describe_not_finite(component.weights, cancel);
  if (!item.detail.empty()) return item;
  item.is_good = true;
  item.detail =
      concat(component.weights.size(), " tensors with the right names and shapes, all numbers finite");
  return item;
}

}  // namespace

std::vector<VerifyItem> verify_model(const std::string& name, const CancelToken* cancel) {
  std::vector<VerifyItem> items;
  std::set<std::string> seen;
  for (const torch::Dtype variant : {torch::kFloat32, torch::kFloat16, torch::kBFloat16}) {
    const ModelFiles model = open_model(name, variant);
    for (const ModelComponent* component : model.components()) {
      const std::string key = component->name + component->files.front()->path().string();
      if (seen.insert(key).second) items.push_back(verify_component(model, *component, cancel));
    }
  }
  return items;
}

}  // namespace sfv::checkpoint
