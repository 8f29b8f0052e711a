#pragma once

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sfv/io/safetensors.h"

namespace sfv::checkpoint {

/// One tensor as a network names it, whose bytes lie in a mapped file. Other layouts of the same numbers (a
/// row of a joined matrix, a 1x1 convolution, a transposed matrix) are views of the same bytes.
struct Weight {
  std::shared_ptr<const io::TensorFile> file;  // keeps the bytes alive
  std::string stored_name;                     // in that file
  io::DType dtype = io::DType::kF32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;  // row-major in `shape`; in the transposed shape if is_transposed
  bool is_transposed = false;        // matrices only
};

/// By the network's own key names.
using Weights = std::map<std::string, Weight>;

/// Every tensor of these files under its stored name. Errors: kInvalidFile when two files hold the same name.
[[nodiscard]] Weights read_weights(const std::vector<std::shared_ptr<const io::TensorFile>>& files);

/// A tensor over the mapped bytes, which it keeps alive; a copy where they are not aligned for their type.
/// It must not be written to. Errors: kInvalidFile for a type that no weight has (integers, bool, fp8).
[[nodiscard]] torch::Tensor as_tensor(const Weight& weight);

/// float32, float64, float16 or bfloat16. Errors: kInvalidArgument for others.
[[nodiscard]] io::DType to_io_dtype(torch::Dtype dtype);
/// "fp32", "bf16" or "fp16", as on the command line. Errors: kInvalidArgument for other words.
[[nodiscard]] torch::Dtype parse_dtype(const std::string& word);

}  // namespace sfv::checkpoint
