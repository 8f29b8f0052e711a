#pragma once

#include <torch/types.h>

#include <string>
#include <string_view>

#include "sfv/core/cpu_features.h"

namespace sfv {

/// The number format the networks compute in, and why where that is not what was asked for.
struct Precision {
  torch::Dtype dtype = torch::kFloat32;
  std::string note;  // for the user; empty when there is nothing to say
};

/// text: "auto", "fp32", "bf16" or "fp16".
/// auto: on a GPU fp16 (as SVD is published); on a CPU bf16 where it multiplies bf16 in hardware, else fp32.
/// fp16 on a CPU without fp16 arithmetic computes in fp32 (the fp16 weights are exact in it), and the note
/// says so. Errors: kInvalidArgument for another word.
[[nodiscard]] Precision choose_precision(std::string_view text, torch::Device device, const CpuFeatures& cpu);

/// "fp32", "bf16" or "fp16".
[[nodiscard]] std::string precision_name(torch::Dtype dtype);

}  // namespace sfv
