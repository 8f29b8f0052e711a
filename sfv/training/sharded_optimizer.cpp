#include "sfv/training/sharded_optimizer.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

constexpr int64_t kMessageBytes = int64_t{25} << 20;  // small parameters go together

// Parameters of one owner, type and device, up to kMessageBytes of them; a larger one alone.
std::vector<std::vector<torch::Tensor>> messages_of(const NamedTensors& parameters,
                                                    const std::vector<int64_t>& owners, int64_t owner) {
  std::vector<std::vector<torch::Tensor>> messages;
  int64_t bytes = 0;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (owners[i] != owner) continue;
    const torch::Tensor value = parameters[i].tensor.detach();
    const auto own = static_cast<int64_t>(value.nbytes());
    const bool fits = !messages.empty() && bytes + own <= kMessageBytes &&
                      messages.back().front().scalar_type() == value.scalar_type() &&
                      messages.back().front().device() == value.device();
    if (!fits) {
      messages.emplace_back();
      bytes = 0;
    }
    messages.back().push_back(value);
    bytes += own;
  }
  return messages;
}

}  // namespace

std::vector<int64_t> share_out(const NamedTensors& parameters, int64_t ranks) {
  SFV_CHECK(ranks >= 1, kInvalidArgument, "[optimizer] expected at least 1 rank, got ", ranks);
  std::vector<size_t> by_size(parameters.size());
  std::iota(by_size.begin(), by_size.end(), size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(), [&](size_t a, size_t b) {
    return parameters[a].tensor.numel() > parameters[b].tensor.numel();
  });
  std::vector<int64_t> load(static_cast<size_t>(ranks)), owners(parameters.size());
  for (const size_t i : by_size) {
    const auto least = std::min_element(load.begin(), load.end());
    owners[i] = least - load.begin();
    *least += parameters[i].tensor.numel();
  }
  return owners;
}

ShardedOptimizer::ShardedOptimizer(Optimizer& optimizer, distributed::Ranks& ranks)
    : optimizer_(optimizer), ranks_(ranks), owners_(share_out(optimizer.parameters(), ranks.size())) {
  for (const NamedTensor& item : optimizer.state()) shapes_.push_back(item.tensor.sizes().vec());
  std::vector<bool> is_own;
  for (const int64_t owner : owners_) is_own.push_back(owner == ranks.rank());
  optimizer.keep_only(is_own);
}

void ShardedOptimizer::step(double learning_rate) {
  optimizer_.step(learning_rate);
  send_values();
}

void ShardedOptimizer::send_values() {
  const torch::NoGradGuard no_grad;
  for (int64_t owner = 0; owner < ranks_.size(); ++owner) {
    for (auto& message : messages_of(optimizer_.parameters(), owners_, owner)) {
      std::vector<torch::Tensor> flat;
      for (const torch::Tensor& value : message) flat.push_back(value.flatten());
      torch::Tensor values = at::cat(flat);
      ranks_.broadcast(values, owner);
      if (owner == ranks_.rank()) continue;
      int64_t offset = 0;
      for (torch::Tensor& value : message) {
        value.copy_(values.narrow(0, offset, value.numel()).view(value.sizes()));
        offset += value.numel();
      }
    }
  }
}

NamedTensors ShardedOptimizer::gather() {
  const torch::NoGradGuard no_grad;
  NamedTensors whole;
  const NamedTensors& state = optimizer_.state();
  for (size_t i = 0; i < state.size(); ++i) {
    const int64_t owner = owners_[optimizer_.parameters_of_state()[i]];
    torch::Tensor values = owner == ranks_.rank() ? state[i].tensor.contiguous()
                                                  : at::empty(shapes_[i], state[i].tensor.options());
    if (owner != 0) ranks_.broadcast(values, owner);
    if (ranks_.rank() == 0) whole.push_back({state[i].name, values.to(at::kCPU)});
  }
  return whole;
}

}  // namespace sfv::training
