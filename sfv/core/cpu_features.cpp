#include "sfv/core/cpu_features.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace sfv {

#if defined(__x86_64__)
namespace {

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf = 0) {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

bool bit(unsigned value, int index) {
  return (value >> index & 1U) != 0;
}

// Which register sets the operating system saves when it switches threads; without that, using them faults.
uint64_t saved_registers() {
  if (!bit(cpuid(1).ecx, 27)) return 0;  // OSXSAVE
  uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

std::string brand() {
  std::string text;
  for (unsigned leaf = 0x80000002; leaf <= 0x80000004; ++leaf) {
    const Registers r = cpuid(leaf);
    std::array<char, 16> part = {};
    std::memcpy(part.data(), &r, part.size());
    text.append(part.data(), strnlen(part.data(), part.size()));
  }
  const size_t begin = text.find_first_not_of(' ');
  const size_t end = text.find_last_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

}  // namespace

// Bits: Intel SDM volume 2A, CPUID leaf 7; XCR0: volume 1, 13.3 (AVX 1-2, AVX-512 5-7, AMX 17-18).
CpuFeatures cpu_features() {
  const uint64_t saved = saved_registers();
  const bool saves_avx = (saved & 0x6) == 0x6;
  const bool saves_avx512 = (saved & 0xE6) == 0xE6;
  const bool saves_amx = (saved & 0x60000) == 0x60000;
  const Registers r = cpuid(7, 0);
  const Registers more = cpuid(7, 1);
  CpuFeatures f;
  f.name = brand();
  f.avx2 = saves_avx && bit(r.ebx, 5);
  f.avx512 = saves_avx512 && bit(r.ebx, 16) && bit(r.ebx, 17) && bit(r.ebx, 30) && bit(r.ebx, 31);
  f.avx512_bf16 = f.avx512 && bit(more.eax, 5);
  f.avx512_fp16 = f.avx512 && bit(r.edx, 23);
  f.amx_bf16 = saves_amx && bit(r.edx, 24) && bit(r.edx, 22);
  f.amx_fp16 = saves_amx && bit(r.edx, 24) && bit(more.eax, 21);
  return f;
}

#else

CpuFeatures cpu_features() {
  return {};
}

#endif

std::string to_string(const CpuFeatures& f) {
  const std::array<std::pair<bool, const char*>, 6> words = {{{f.avx2, "avx2"},
                                                              {f.avx512, "avx512"},
                                                              {f.avx512_bf16, "avx512_bf16"},
                                                              {f.avx512_fp16, "avx512_fp16"},
                                                              {f.amx_bf16, "amx_bf16"},
                                                              {f.amx_fp16, "amx_fp16"}}};
  std::string text;
  for (const auto& [is_there, word] : words) {
    if (!is_there) continue;
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text.empty() ? "none known" : text;
}

}  // namespace sfv
