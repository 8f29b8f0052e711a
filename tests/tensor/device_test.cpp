#include "sfv/tensor/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sfv/core/error.h"
#include "sfv/tensor/precision.h"

namespace sfv {
namespace {

template <typename Function>
std::string message_of(ErrorCode code, Function function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "expected an error";
  return {};
}

TEST(Device, NamesAreReadStrictly) {
  EXPECT_EQ(parse_device("cuda:3").index, 3);
  EXPECT_EQ(parse_device("cuda").index, 0);
  for (const char* text : {"", "CPU", "cuda:", "cuda:-1", "cuda:1x", "cuda:64", "cuda:99999999999", "gpu"}) {
    message_of(ErrorCode::kInvalidArgument, [&] { (void)parse_device(text); });
  }
}

TEST(Device, CpuIsAlwaysThere) {
  EXPECT_TRUE(open_device("cpu").is_cpu());
  if (count_gpus() > 0) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_TRUE(open_device("auto").is_cpu());
  EXPECT_THAT(message_of(ErrorCode::kDevice, [] { (void)open_device("cuda"); }),
              ::testing::HasSubstr("--device cpu"));
}

TEST(Device, ThreadsAreSetAndBounded) {
  const int before = cpu_threads();
  set_cpu_threads(2);
  EXPECT_EQ(cpu_threads(), 2);
  set_cpu_threads(before);
  for (const int threads : {0, -1, 1025}) {
    message_of(ErrorCode::kInvalidArgument, [&] { set_cpu_threads(threads); });
  }
}

TEST(Precision, AutoFollowsTheHardware) {
  CpuFeatures plain, bf16, amx, fp16;
  bf16.avx512_bf16 = true;
  amx.amx_bf16 = true;
  fp16.avx512_fp16 = true;
  EXPECT_EQ(choose_precision("auto", torch::kCPU, plain).dtype, torch::kFloat32);
  EXPECT_EQ(choose_precision("auto", torch::kCPU, bf16).dtype, torch::kBFloat16);
  EXPECT_EQ(choose_precision("auto", torch::kCPU, amx).dtype, torch::kBFloat16);
  EXPECT_EQ(choose_precision("auto", torch::kCUDA, plain).dtype, torch::kFloat16);
  EXPECT_EQ(choose_precision("fp32", torch::kCPU, bf16).dtype, torch::kFloat32);
  EXPECT_EQ(choose_precision("bf16", torch::kCPU, plain).dtype, torch::kBFloat16);
  EXPECT_EQ(choose_precision("fp16", torch::kCPU, fp16).dtype, torch::kFloat16);
  EXPECT_EQ(choose_precision("fp16", torch::kCUDA, plain).dtype, torch::kFloat16);
  message_of(ErrorCode::kInvalidArgument, [&] { (void)choose_precision("int8", torch::kCPU, plain); });
}

TEST(Precision, Fp16WithoutArithmeticForItComputesInFp32AndSaysSo) {
  const Precision precision = choose_precision("fp16", torch::kCPU, CpuFeatures{});
  EXPECT_EQ(precision.dtype, torch::kFloat32);
  EXPECT_THAT(precision.note, ::testing::HasSubstr("fp32"));
  EXPECT_EQ(precision_name(precision.dtype), "fp32");
}

}  // namespace
}  // namespace sfv
