#include "sfv/tensor/precision.h"

#include "sfv/core/check.h"

namespace sfv {

Precision choose_precision(std::string_view text, torch::Device device, const CpuFeatures& cpu) {
  if (text == "fp32") return {torch::kFloat32, ""};
  if (text == "bf16") return {torch::kBFloat16, ""};
  if (text == "fp16") {
    if (!device.is_cpu() || cpu.has_fast_fp16()) return {torch::kFloat16, ""};
    return {torch::kFloat32,
            "this CPU has no fp16 arithmetic (avx512_fp16): computing in fp32 from the fp16 weights"};
  }
  SFV_CHECK(text == "auto", kInvalidArgument, "[dtype] expected auto, fp32, bf16 or fp16, got \"", text,
            "\"");
  if (!device.is_cpu()) return {torch::kFloat16, ""};
  return {cpu.has_fast_bf16() ? torch::kBFloat16 : torch::kFloat32, ""};
}

std::string precision_name(torch::Dtype dtype) {
  switch (dtype) {
    case torch::kFloat32:
      return "fp32";
    case torch::kBFloat16:
      return "bf16";
    case torch::kFloat16:
      return "fp16";
    default:
      return c10::toString(dtype);
  }
}

}  // namespace sfv
