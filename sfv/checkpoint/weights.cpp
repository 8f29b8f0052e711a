#include "sfv/checkpoint/weights.h"

#include <torch/types.h>

#include <utility>

#include "sfv/core/check.h"

namespace sfv::checkpoint {
namespace {

torch::Dtype to_torch_dtype(const Weight& weight) {
  switch (weight.dtype) {
    case io::DType::kF16:
      return torch::kFloat16;
    case io::DType::kBF16:
      return torch::kBFloat16;
    case io::DType::kF32:
      return torch::kFloat32;
    case io::DType::kF64:
      return torch::kFloat64;
    default:
      throw Error(ErrorCode::kInvalidFile,
                  concat("[load_model] ", weight.file->path().string(), ": ", weight.stored_name,
                         " expected F32, F16 or BF16 numbers, found ", io::to_string(weight.dtype)));
  }
}

}  // namespace

Weights read_weights(const std::vector<std::shared_ptr<const io::TensorFile>>& files) {
  Weights weights;
  for (const auto& file : files) {
    for (const auto& [name, info] : file->tensors()) {
      const auto [place, is_new] = weights.emplace(name, Weight{.file = file,
                                                                .stored_name = name,
                                                                .dtype = info.dtype,
                                                                .shape = info.shape,
                                                                .bytes = file->data(name)});
      SFV_CHECK(is_new, kInvalidFile, "[load_model] ", file->path().string(), ": ", name, " is also in ",
                place->second.file->path().string(), "; expected each tensor once");
    }
  }
  return weights;
}

torch::Tensor as_tensor(const Weight& weight) {
  const torch::Dtype dtype = to_torch_dtype(weight);
  std::vector<int64_t> stored = weight.shape;
  if (weight.is_transposed) std::swap(stored.at(0), stored.at(1));
  // torch takes a pointer to write to; nobody writes to weights, and the mapping would not allow it.
  void* const data = const_cast<std::byte*>(weight.bytes.data());
  torch::Tensor tensor = torch::empty({0}, dtype);
  const bool is_aligned = reinterpret_cast<uintptr_t>(data) % io::size_of(weight.dtype) == 0;
  if (is_aligned && !weight.bytes.empty()) {
    tensor = torch::from_blob(
        data, stored, [file = weight.file](void*) {}, dtype);
  } else {
    tensor = torch::empty(stored, dtype);
    std::copy(weight.bytes.begin(), weight.bytes.end(), static_cast<std::byte*>(tensor.data_ptr()));
  }
  return weight.is_transposed ? tensor.t() : tensor;
}

io::DType to_io_dtype(torch::Dtype dtype) {
  switch (dtype) {
    case torch::kFloat16:
      return io::DType::kF16;
    case torch::kBFloat16:
      return io::DType::kBF16;
    case torch::kFloat32:
      return io::DType::kF32;
    case torch::kFloat64:
      return io::DType::kF64;
    default:
      throw Error(ErrorCode::kInvalidArgument, concat("[dtype] expected fp32, bf16 or fp16, got ", dtype));
  }
}

torch::Dtype parse_dtype(const std::string& word) {
  if (word == "fp32") return torch::kFloat32;
  if (word == "bf16") return torch::kBFloat16;
  SFV_CHECK(word == "fp16", kInvalidArgument, "[dtype] expected fp32, bf16 or fp16, got \"", word, "\"");
  return torch::kFloat16;
}

}  // namespace sfv::checkpoint
