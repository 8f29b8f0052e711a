#include "sfv/nn/feed_forward.h"

#include <torch/nn/modules/linear.h>

#include "sfv/nn/layers.h"
#include "sfv/ops/linear.h"
#include "sfv/ops/split.h"

namespace sfv::nn {
namespace {

class GegluImpl : public torch::nn::Module {
 public:
  GegluImpl(int64_t in_features, int64_t out_features)
      : proj_(register_module("proj", Linear(in_features, 2 * out_features))) {}
  torch::Tensor forward(const torch::Tensor& x) { return proj_->forward_geglu(x); }

 private:
  Linear proj_;
};
TORCH_MODULE(Geglu);

constexpr int64_t kExpansion = 4;

}  // namespace

FeedForwardImpl::FeedForwardImpl(int64_t channels) {
  // The middle entry is diffusers' dropout: never active, but it holds the number 1 in the keys.
  net_ = register_module("net",
                         torch::nn::ModuleList(Geglu(channels, kExpansion * channels), torch::nn::Identity(),
                                               Linear(kExpansion * channels, channels)));
}

torch::Tensor FeedForwardImpl::forward(const torch::Tensor& x) {
  const auto C = static_cast<double>(x.size(-1));
  const double operations = 2.0 * 3 * kExpansion * C * static_cast<double>(x.numel());
  return ops::split_along(x, 0, operations, [&](const torch::Tensor& part) {
    return net_[2]->as<LinearImpl>()->forward(net_[0]->as<GegluImpl>()->forward(part));
  });
}

}  // namespace sfv::nn
