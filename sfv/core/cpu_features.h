#pragma once

#include <string>

namespace sfv {

/// What this CPU and its operating system offer, as far as it decides how fast the networks run.
struct CpuFeatures {
  std::string name;  // "AMD EPYC 9R14", empty where unknown
  bool avx2 = false;
  bool avx512 = false;       // F, BW, DQ and VL together: what libtorch's kernels ask for
  bool avx512_bf16 = false;  // bf16 dot products
  bool avx512_fp16 = false;  // fp16 arithmetic
  bool amx_bf16 = false;     // bf16 matrix tiles
  bool amx_fp16 = false;

  /// bf16 products in hardware: bf16 is then about twice as fast as fp32, otherwise slower.
  [[nodiscard]] bool has_fast_bf16() const { return avx512_bf16 || amx_bf16; }
  [[nodiscard]] bool has_fast_fp16() const { return avx512_fp16 || amx_fp16; }
};

/// Asks the CPU (x86-64: cpuid and the registers the operating system saves). All false on other processors.
[[nodiscard]] CpuFeatures cpu_features();

/// The features as words, "avx2 avx512 avx512_bf16"; "none known" when there is none.
[[nodiscard]] std::string to_string(const CpuFeatures& features);

}  // namespace sfv
