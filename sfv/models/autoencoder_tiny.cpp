#include "sfv/models/autoencoder_tiny.h"

#include <ATen/ops/clamp_min.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tanh.h>

#include <string>
#include <utility>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/nn/layers.h"
#include "sfv/ops/conv.h"
#include "sfv/tensor/layout.h"

namespace sfv::models {
namespace {

constexpr int64_t kWidth = 64;
constexpr int64_t kLatentChannels = 4;
constexpr int64_t kStages = 3;  // each halves or doubles the size
constexpr int64_t kBlocksPerStage = 3;

// ReLU, of a tensor that nobody else has. at::relu has no rule for shapes alone, and counting operations
// before a run needs one.
torch::Tensor rectify(const torch::Tensor& x) {
  return torch::GradMode::is_enabled() ? at::clamp_min(x, 0) : x.clamp_min_(0);
}

// Three convolutions with ReLU between, plus the input, ReLU. Keys conv.0, conv.2, conv.4.
class TinyBlockImpl : public torch::nn::Module {
 public:
  explicit TinyBlockImpl(int64_t in_channels) {
    auto convs = std::make_shared<torch::nn::Module>();
    for (int64_t i = 0; i < 3; ++i) {
      convs_.push_back(
          convs->register_module(std::to_string(2 * i), nn::Conv2d(i == 0 ? in_channels : kWidth, kWidth)));
    }
    register_module("conv", convs);
  }
  torch::Tensor forward(const torch::Tensor& input, const torch::Tensor& skip) {
    torch::Tensor x = rectify(convs_[0](input));
    x = rectify(convs_[1](x));
    return rectify(convs_[2](x) + skip);
  }

 private:
  std::vector<nn::Conv2d> convs_;
};
TORCH_MODULE(TinyBlock);

// x [(B F), C, H, W] and behind its channels those of the frame before; zeros before a video's first.
torch::Tensor with_previous_frames(const torch::Tensor& x, int64_t frames) {
  const int64_t C = x.size(1);
  const torch::Tensor videos = as_nhwc(x).unflatten(0, {-1, frames});
  std::vector<int64_t> shape = videos.sizes().vec();
  shape.back() = 2 * C;
  const torch::Tensor both = at::empty(shape, x.options());
  both.narrow(-1, 0, C).copy_(videos);
  const torch::Tensor before = both.narrow(-1, C, C);
  before.narrow(1, 0, 1).zero_();
  before.narrow(1, 1, frames - 1).copy_(videos.narrow(1, 0, frames - 1));
  return both.flatten(0, 1).permute({0, 3, 1, 2});
}

void register_conv(torch::nn::Module& parent, int64_t index, int64_t in_channels, int64_t out_channels,
                   nn::Conv2dOptions options) {
  parent.register_module(std::to_string(index), nn::Conv2d(in_channels, out_channels, options));
}

torch::Tensor run_conv(torch::nn::Module& parent, int64_t index, const torch::Tensor& x) {
  return parent.named_children()[std::to_string(index)]->as<nn::Conv2dImpl>()->forward(x);
}

TinyBlockImpl& block(torch::nn::Module& parent, int64_t index) {
  return *parent.named_children()[std::to_string(index)]->as<TinyBlockImpl>();
}

// The decoder's published indices: 0 clamp, 1 conv, 2 ReLU, then three stages (blocks, upsampling, conv),
// then a block and a conv.
constexpr int64_t kFirstStage = 3;
constexpr int64_t kStageLength = kBlocksPerStage + 2;
constexpr int64_t kLastBlock = kFirstStage + kStages * kStageLength;

}  // namespace

TinyDecoderImpl::TinyDecoderImpl(TinyKind kind) : kind_(kind) {
  const int64_t block_input = kind == TinyKind::kTaesdv ? 2 * kWidth : kWidth;
  register_conv(*this, 1, kLatentChannels, kWidth, {});
  for (int64_t stage = 0; stage < kStages; ++stage) {
    const int64_t begin = kFirstStage + stage * kStageLength;
    for (int64_t i = 0; i < kBlocksPerStage; ++i)
      register_module(std::to_string(begin + i), TinyBlock(block_input));
    register_conv(*this, begin + kBlocksPerStage + 1, kWidth, kWidth, {.bias = false});
  }
  register_module(std::to_string(kLastBlock), TinyBlock(block_input));
  register_conv(*this, kLastBlock + 1, kWidth, 3, {});
}

torch::Tensor TinyDecoderImpl::forward(const torch::Tensor& latents, int64_t frames) {
  SFV_CHECK(latents.dim() == 4 && latents.size(1) == kLatentChannels && frames >= 1 &&
                latents.size(0) % frames == 0,
            kInvalidArgument, "[TinyDecoder] expected [(B x ", frames, "), ", kLatentChannels,
            ", h, w], got ", latents.sizes());
  const auto run_block = [&](int64_t index, const torch::Tensor& x) {
    return block(*this, index).forward(kind_ == TinyKind::kTaesdv ? with_previous_frames(x, frames) : x, x);
  };
  torch::Tensor x = rectify(run_conv(*this, 1, at::tanh(latents / 3) * 3));
  for (int64_t stage = 0; stage < kStages; ++stage) {
    const int64_t begin = kFirstStage + stage * kStageLength;
    for (int64_t i = 0; i < kBlocksPerStage; ++i) x = run_block(begin + i, x);
    const auto* conv = named_children()[std::to_string(begin + kBlocksPerStage + 1)]->as<nn::Conv2dImpl>();
    x = ops::upsample_conv2d(x, 2 * x.size(2), 2 * x.size(3), conv->weight, conv->bias);
  }
  return run_conv(*this, kLastBlock + 1, run_block(kLastBlock, x));
}

// 0 conv, 1 block, then three stages (strided conv, blocks), then a conv.
TinyEncoderImpl::TinyEncoderImpl() {
  register_conv(*this, 0, 3, kWidth, {});
  register_module("1", TinyBlock(kWidth));
  int64_t index = 2;
  for (int64_t stage = 0; stage < kStages; ++stage) {
    register_conv(*this, index++, kWidth, kWidth, {.stride = 2, .bias = false});
    for (int64_t i = 0; i < kBlocksPerStage; ++i) register_module(std::to_string(index++), TinyBlock(kWidth));
  }
  register_conv(*this, index, kWidth, kLatentChannels, {});
}

torch::Tensor TinyEncoderImpl::forward(const torch::Tensor& pixels) {
  torch::Tensor x = pixels;
  for (const auto& child : children()) {
    x = child->as<TinyBlockImpl>() != nullptr ? child->as<TinyBlockImpl>()->forward(x, x)
                                              : child->as<nn::Conv2dImpl>()->forward(x);
  }
  return x;
}

}  // namespace sfv::models
