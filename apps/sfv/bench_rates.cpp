#include "apps/sfv/bench_rates.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "sfv/ops/conv.h"
#include "sfv/ops/linear.h"
#include "sfv/tensor/device.h"

namespace sfv::cli {
namespace {

double best_rate(double operations, const torch::Device& device, const std::function<void()>& run) {
  constexpr int kTimes = 5;
  double best = 0;
  for (int i = 0; i < kTimes; ++i) {
    wait_for(device);
    const auto start = std::chrono::steady_clock::now();
    run();
    wait_for(device);
    best = std::max(
        best, operations / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

}  // namespace

DeviceRates measure_rates(const torch::Device& device, torch::Dtype dtype) {
  const torch::NoGradGuard no_grad;
  const auto options = at::TensorOptions().device(device).dtype(dtype);
  constexpr int64_t kSide = 2048, kChannels = 128, kPixels = 128, kPictures = 4;
  const torch::Tensor a = at::ones({kSide, kSide}, options);
  const torch::Tensor x =
      at::ones({kPictures, kChannels, kPixels, kPixels}, options).contiguous(at::MemoryFormat::ChannelsLast);
  const torch::Tensor weight =
      at::ones({kChannels, kChannels, 3, 3}, options).contiguous(at::MemoryFormat::ChannelsLast);
  return {.matmul = best_rate(2.0 * kSide * kSide * kSide, device, [&] { (void)at::mm(a, a); }),
          .conv = best_rate(2.0 * 9 * kChannels * kChannels * kPictures * kPixels * kPixels, device,
                            [&] { (void)at::conv2d(x, weight, std::nullopt, 1, 1); })};
}

DeviceRates measure_operator_rates(const torch::Device& device, torch::Dtype dtype) {
  const torch::NoGradGuard no_grad;
  const auto options = at::TensorOptions().device(device).dtype(dtype);
  constexpr int64_t kTokens = 4096, kWidth = 640, kHidden = 2560, kChannels = 256, kPixels = 96;
  const torch::Tensor tokens = at::ones({kTokens, kWidth}, options),
                      matrix = at::ones({kHidden, kWidth}, options);
  const torch::Tensor x =
      at::ones({1, kChannels, kPixels, kPixels}, options).contiguous(at::MemoryFormat::ChannelsLast);
  const torch::Tensor kernel =
      at::ones({kChannels, kChannels, 3, 3}, options).contiguous(at::MemoryFormat::ChannelsLast);
  return {.matmul = best_rate(2.0 * kTokens * kWidth * kHidden, device,
                              [&] { (void)ops::linear(tokens, matrix, {}); }),
          .conv = best_rate(2.0 * 9 * kChannels * kChannels * kPixels * kPixels, device,
                            [&] { (void)ops::conv2d(x, kernel, {}, 1, 1); })};
}

}  // namespace sfv::cli
