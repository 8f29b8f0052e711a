#include "sfv/training/trained_network.h"

#include <array>
#include <regex>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/training/adamw.h"
#include "sfv/training/muon.h"
#include "sfv/training/sgd.h"
#include "sfv/training/sm3.h"

namespace sfv::training {
namespace {

// Layers that mix frames, and the blends that say how much of them is used.
bool is_temporal(const std::string& name) {
  constexpr std::array<std::string_view, 5> kWords = {"temporal_res_block", "temporal_transformer_blocks",
                                                      "time_mixer", "time_pos_embed", "time_conv_out"};
  for (const std::string_view word : kWords) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

bool trains(const std::string& name, TrainableKind kind, const std::regex& pattern) {
  switch (kind) {
    case TrainableKind::kAll:
      return true;
    case TrainableKind::kTemporal:
      return is_temporal(name);
    case TrainableKind::kSpatial:
      return !is_temporal(name);
    case TrainableKind::kRegex:
      return std::regex_search(name, pattern);
  }
  return false;
}

std::regex compile(const std::string& text) {
  try {
    return std::regex(text, std::regex::ECMAScript);
  } catch (const std::regex_error& error) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("[train] trainable_regex: \"", text, "\" is no regular expression: ", error.what()));
  }
}

}  // namespace

void make_trainable(torch::nn::Module& network, TrainableKind kind, const std::string& regex) {
  const std::regex pattern = compile(kind == TrainableKind::kRegex ? regex : "");
  int64_t training = 0;
  for (auto& item : network.named_parameters()) {
    torch::Tensor& parameter = item.value();
    // Convolution kernels keep their channels-last order.
    parameter.set_data(parameter.detach().to(at::kFloat).clone(at::MemoryFormat::Preserve));
    parameter.set_requires_grad(trains(item.key(), kind, pattern));
    training += parameter.requires_grad() ? 1 : 0;
  }
  SFV_CHECK(training > 0, kInvalidArgument,
            "[train] trainable: no parameter is left to train; the names are those of ",
            "`sfv info`, for example conv_in.weight");
}

void copy_parameters(const torch::nn::Module& from, torch::nn::Module& to) {
  const auto source = from.named_parameters();
  for (auto& item : to.named_parameters()) {
    const torch::Tensor* value = source.find(item.key());
    SFV_CHECK(value != nullptr && value->sizes() == item.value().sizes(), kInternal, "[train] ", item.key(),
              " has no counterpart to copy");
    item.value().set_data(value->detach().clone(at::MemoryFormat::Preserve));
    item.value().set_requires_grad(false);
  }
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& o, NamedTensors parameters) {
  switch (o.kind) {
    case OptimizerKind::kSm3:
      return std::make_unique<Sm3>(std::move(parameters), Sm3Options{.momentum = o.momentum, .beta = o.beta});
    case OptimizerKind::kAdamW:
      return std::make_unique<AdamW>(
          std::move(parameters),
          AdamWOptions{.beta1 = o.beta1, .beta2 = o.beta2, .eps = o.eps, .weight_decay = o.weight_decay});
    case OptimizerKind::kMuon:
      return std::make_unique<Muon>(std::move(parameters), MuonOptions{.momentum = o.momentum,
                                                                       .beta1 = o.beta1,
                                                                       .beta2 = o.beta2,
                                                                       .eps = o.eps,
                                                                       .weight_decay = o.weight_decay});
    case OptimizerKind::kSgd:
      return std::make_unique<Sgd>(std::move(parameters),
                                   SgdOptions{.momentum = o.momentum, .weight_decay = o.weight_decay});
  }
  throw Error(ErrorCode::kInternal, "[train] unknown optimiser");
}

TrainedNetwork::TrainedNetwork(const torch::nn::Module& network, std::string prefix,
                               const OptimizerOptions& options, const EmaOptions& ema)
    : prefix_(std::move(prefix)),
      parameters_(trainable_parameters(network)),
      optimizer_(make_optimizer(options, parameters_)),
      ema_(parameters_, ema) {}

Phase TrainedNetwork::phase(const OptimizerOptions& options, decltype(Phase::accumulate) accumulate) {
  return {.name = prefix_,
          .optimizer = optimizer_.get(),
          .options = &options,
          .accumulate = std::move(accumulate),
          .after_step = [this] { ema_.update(); }};
}

void TrainedNetwork::append_state(NamedTensors& state) const {
  append(state, prefix_ + ".weights", parameters_);
  append(state, prefix_ + ".averages", ema_.averages());
  append(state, prefix_ + ".optimizer", optimizer_->state());
  state.push_back({prefix_ + ".average_updates", ema_.updates()});
}

void TrainedNetwork::share_averages(const torch::nn::Module& trained, torch::nn::Module& to) const {
  std::unordered_map<std::string, torch::Tensor> averages;
  for (const NamedTensor& average : ema_.averages()) averages.emplace(average.name, average.tensor);
  const auto values = trained.named_parameters();
  for (auto& item : to.named_parameters()) {
    const torch::Tensor* const value = values.find(item.key());
    SFV_CHECK(value != nullptr && value->sizes() == item.value().sizes(), kInternal, "[train] ", item.key(),
              " has no counterpart in the network that trains");
    const auto average = averages.find(item.key());
    item.value().set_data(average == averages.end() ? value->detach() : average->second.to(value->device()));
    item.value().set_requires_grad(false);
  }
}

void append(NamedTensors& state, const std::string& prefix, const NamedTensors& tensors) {
  for (const NamedTensor& item : tensors) state.push_back({prefix + "." + item.name, item.tensor});
}

}  // namespace sfv::training
