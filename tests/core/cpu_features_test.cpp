#include "sfv/core/cpu_features.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace sfv {
namespace {

// The kernel's own view of the CPU: the words of the first "flags" line, with a space on both sides.
std::string kernel_flags() {
  std::ifstream stream("/proc/cpuinfo");
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("flags")) return line.substr(line.find(':') + 1) + " ";
  }
  return {};
}

TEST(CpuFeatures, AgreeWithTheKernel) {
  const std::string flags = kernel_flags();
  if (flags.empty()) GTEST_SKIP() << "/proc/cpuinfo has no flags here";
  const auto has = [&](const std::string& word) { return flags.find(" " + word + " ") != std::string::npos; };
  const CpuFeatures cpu = cpu_features();
  EXPECT_EQ(cpu.avx2, has("avx2"));
  EXPECT_EQ(cpu.avx512, has("avx512f") && has("avx512bw") && has("avx512dq") && has("avx512vl"));
  EXPECT_EQ(cpu.avx512_bf16, has("avx512_bf16"));
  EXPECT_EQ(cpu.avx512_fp16, has("avx512_fp16"));
  EXPECT_EQ(cpu.amx_bf16, has("amx_bf16"));
}

TEST(CpuFeatures, AreNamedInWords) {
  EXPECT_EQ(to_string(CpuFeatures{}), "none known");
  CpuFeatures cpu;
  cpu.avx2 = true;
  cpu.amx_bf16 = true;
  EXPECT_EQ(to_string(cpu), "avx2 amx_bf16");
  EXPECT_TRUE(cpu.has_fast_bf16());
  EXPECT_FALSE(cpu.has_fast_fp16());
}

}  // namespace
}  // namespace sfv
