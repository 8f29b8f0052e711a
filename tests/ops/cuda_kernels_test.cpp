// Our CUDA kernels against ATen in double on the CPU. The cases that need a GPU skip without one and say so;
// what a machine without a GPU can show is here too. The kernels' arithmetic is tested on the CPU in
// tests/ops/cuda.
#include "sfv/ops/cuda_kernels.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "sfv/ops/cuda_library.h"
#include "sfv/tensor/device.h"
#include "sfv/tensor/layout.h"

namespace sfv::ops {
namespace {

// One rounding to the dtype, and some of float: relative, and absolute near zero.
struct Tolerance {
  torch::ScalarType dtype;
  double relative, absolute;
};
const Tolerance kTolerances[] = {
    {torch::kFloat32, 1e-5, 1e-5}, {torch::kFloat16, 6e-4, 1e-5}, {torch::kBFloat16, 4e-3, 1e-5}};

torch::Tensor in_double(const torch::Tensor& x) {
  return x.to(torch::kCPU).to(torch::kDouble);
}

torch::Tensor expected_norm(const torch::Tensor& x, int64_t groups, const torch::Tensor& weight,
                            const torch::Tensor& bias, bool has_silu) {
  const torch::Tensor y =
      at::group_norm(in_double(x).contiguous(), groups, in_double(weight), in_double(bias), 1e-5);
  return has_silu ? at::silu(y) : y;
}

torch::Tensor expected_geglu(const torch::Tensor& p) {
  const torch::Tensor q = in_double(p);
  const int64_t C = q.size(-1) / 2;
  return q.narrow(-1, 0, C) * at::gelu(q.narrow(-1, C, C));
}

class CudaKernels : public ::testing::Test {
 protected:
  void SetUp() override {
    if (count_gpus() == 0) GTEST_SKIP() << "no NVIDIA GPU is visible: the CUDA kernels were not run";
    if (cuda_library() == nullptr)
      GTEST_SKIP() << "libsfv_cuda.so was not found (-DSFV_CUDA=ON builds it): the CUDA kernels were not run";
    device_ = open_device("cuda");
    if (cuda_library_for(device_.index()) == nullptr)
      GTEST_SKIP() << "libsfv_cuda.so does not run on this GPU: the CUDA kernels were not run";
  }

  torch::Tensor random(at::IntArrayRef shape, torch::ScalarType dtype) const {
    return (at::randn(shape) * 2 + 1).to(dtype).to(device_);
  }

  torch::Device device_ = torch::kCPU;
};

TEST_F(CudaKernels, GroupNormEqualsAtenInDouble) {
  const torch::NoGradGuard no_grad;
  // Odd and even sizes, one pixel, groups of one channel, packs of 8 that cross groups of 10, more channels
  // than a block has threads.
  const std::vector<std::vector<int64_t>> cases = {{1, 1, 1, 1, 1},     {3, 6, 5, 7, 3},
                                                   {2, 32, 9, 9, 32},   {14, 320, 9, 16, 32},
                                                   {1, 2560, 3, 5, 32}, {2, 33, 65, 64, 11}};
  for (const Tolerance& tolerance : kTolerances) {
    for (const std::vector<int64_t>& c : cases) {
      const torch::Tensor x = as_channels_last(random({c[0], c[1], c[2], c[3]}, tolerance.dtype));
      const torch::Tensor weight = random({c[1]}, tolerance.dtype), bias = random({c[1]}, tolerance.dtype);
      for (const Activation activation : {Activation::kNone, Activation::kSilu}) {
        const auto y = group_norm_on_cuda(x, c[4], weight, bias, 1e-5, activation);
        ASSERT_TRUE(y.has_value());
        EXPECT_TRUE(y->is_contiguous(at::MemoryFormat::ChannelsLast));
        const torch::Tensor expected = expected_norm(x, c[4], weight, bias, activation == Activation::kSilu);
        EXPECT_TRUE(at::allclose(in_double(*y), expected, tolerance.relative, tolerance.absolute))
            << tolerance.dtype << " [" << x.sizes() << "]";
        EXPECT_TRUE(at::equal(*y, *group_norm_on_cuda(x, c[4], weight, bias, 1e-5, activation)));
      }
    }
  }
}

TEST_F(CudaKernels, TemporalGroupNormEqualsAtenInDouble) {
  const torch::NoGradGuard no_grad;
  const int64_t B = 2, F = 7, C = 40, H = 9, W = 11;
  for (const Tolerance& tolerance : kTolerances) {
    const torch::Tensor x = as_channels_last(random({B * F, C, H, W}, tolerance.dtype));
    const torch::Tensor weight = random({C}, tolerance.dtype), bias = random({C}, tolerance.dtype);
    const torch::Tensor video = x.view({B, F, C, H, W}).transpose(1, 2);
    const torch::Tensor expected =
        expected_norm(video, 4, weight, bias, true).transpose(1, 2).reshape({B * F, C, H, W});
    const torch::Tensor y = temporal_group_norm(x, F, 4, weight, bias, 1e-5, Activation::kSilu);
    EXPECT_TRUE(at::allclose(in_double(y), expected, tolerance.relative, tolerance.absolute))
        << tolerance.dtype;
  }
}

TEST_F(CudaKernels, GegluEqualsAtenInDouble) {
  const torch::NoGradGuard no_grad;
  for (const Tolerance& tolerance : kTolerances) {
    for (const auto& [rows, channels] :
         {std::pair<int64_t, int64_t>{1, 1}, {5, 7}, {129, 320}, {2304, 1280}}) {
      const torch::Tensor p = random({2, rows, 2 * channels}, tolerance.dtype);
      const auto y = geglu_on_cuda(p);
      ASSERT_TRUE(y.has_value());
      EXPECT_TRUE(at::allclose(in_double(*y), expected_geglu(p), tolerance.relative, tolerance.absolute))
          << tolerance.dtype << ", " << rows << " rows of " << channels;
    }
  }
}

// On a stream of its own after work that takes a while: a kernel on another stream would read p too early.
TEST_F(CudaKernels, TemporalAttentionEqualsAtenInDouble) {
  const torch::NoGradGuard no_grad;
  // B, F, P, heads, D
  const std::vector<std::vector<int64_t>> cases = {
      {1, 1, 1, 1, 32}, {2, 3, 5, 2, 32}, {1, 14, 77, 5, 64}, {1, 25, 33, 20, 64}, {1, 32, 9, 3, 128}};
  for (const Tolerance& tolerance : kTolerances) {
    for (const std::vector<int64_t>& c : cases) {
      const std::vector<int64_t> shape = {c[0], c[1], c[2], c[3] * c[4]};
      const torch::Tensor q = random(shape, tolerance.dtype), k = random(shape, tolerance.dtype),
                          v = random(shape, tolerance.dtype);
      const auto y = temporal_attention_on_cuda(q, k, v, c[3]);
      ASSERT_TRUE(y.has_value());
      const auto by_pixel = [&](const torch::Tensor& x) {
        return in_double(x).unflatten(3, {c[3], -1}).permute({0, 2, 3, 1, 4});  // [B, P, heads, F, D]
      };
      const torch::Tensor expected = at::scaled_dot_product_attention(by_pixel(q), by_pixel(k), by_pixel(v))
                                         .permute({0, 3, 1, 2, 4})
                                         .flatten(3);
      EXPECT_TRUE(at::allclose(in_double(*y), expected, tolerance.relative, 10 * tolerance.absolute))
          << tolerance.dtype << " " << shape;
    }
  }
}

TEST_F(CudaKernels, RunOnLibtorchsCurrentStream) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor a = random({4096, 4096}, torch::kFloat32);  // there when random returns
  const c10::Stream stream =
      c10::impl::VirtualGuardImpl(torch::kCUDA).getStreamFromGlobalPool({torch::kCUDA, device_.index()});
  const c10::StreamGuard guard(stream);
  torch::Tensor p = a;
  for (int i = 0; i < 20; ++i) p = p.matmul(a) / 4096;
  const auto y = geglu_on_cuda(p + 1);
  ASSERT_TRUE(y.has_value());
  EXPECT_TRUE(at::allclose(in_double(*y), expected_geglu(p + 1), 1e-5, 1e-5));
}

TEST_F(CudaKernels, AreNotForCallsThatWantGradientsOrHaveOtherLayouts) {
  const torch::Tensor x = as_channels_last(random({1, 8, 3, 3}, torch::kFloat32));
  const torch::Tensor w = random({8}, torch::kFloat32);
  EXPECT_FALSE(group_norm_on_cuda(x, 2, w, w, 1e-5, Activation::kNone));  // gradients are on
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(group_norm_on_cuda(x, 2, w, w, 1e-5, Activation::kNone));
  EXPECT_FALSE(group_norm_on_cuda(x.contiguous(), 2, w, w, 1e-5, Activation::kNone));
  EXPECT_FALSE(group_norm_on_cuda(x.to(torch::kDouble), 2, w, w, 1e-5, Activation::kNone));
  EXPECT_FALSE(group_norm_on_cuda(x, 2, w.to(torch::kHalf), w, 1e-5, Activation::kNone));
  EXPECT_FALSE(group_norm_on_cuda(x, 3, w, w, 1e-5, Activation::kNone));  // ATen names the error
}

TEST(CudaKernelsOnACpu, TakeNoTensorOfTheCpu) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = as_channels_last(at::randn({1, 8, 3, 3})), w = at::randn({8});
  EXPECT_FALSE(group_norm_on_cuda(x, 2, w, w, 1e-5, Activation::kSilu));
  EXPECT_FALSE(geglu_on_cuda(at::randn({2, 4})));
}

TEST(CudaKernelsOnACpu, TheLibraryIsRefusedForAGpuThatIsNotThere) {
  if (cuda_library() == nullptr) GTEST_SKIP() << "libsfv_cuda.so was not found (-DSFV_CUDA=ON builds it)";
  EXPECT_EQ(cuda_library_for(63), nullptr);
}

}  // namespace
}  // namespace sfv::ops
